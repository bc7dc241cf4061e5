import { randomFillSync } from 'node:crypto'
import type { Brand } from './brand.ts'

/** The `sub` of a user's tokens. */
export type UserId = Brand<string, 'UserId'>

const RANDOM_BYTES = 8
const BASE36_TIME_LENGTH = 9

let pool = Buffer.alloc(0)
let used = 0

/**
 * `prefix` and 25 characters: milliseconds in base 36, then 64 random bits in hexadecimal. Sorts by creation time (so that
 * index pages stay warm) and cannot be guessed.
 */
export function randomId(prefix: string): string {
  if (used + RANDOM_BYTES > pool.length) {
    pool = randomFillSync(Buffer.alloc(RANDOM_BYTES * 256))
    used = 0
  }
  const random = pool.toString('hex', used, used + RANDOM_BYTES)
  used += RANDOM_BYTES
  return `${prefix}${Date.now().toString(36).padStart(BASE36_TIME_LENGTH, '0')}${random}`
}

/** The ids of one type. */
export interface IdType<Id extends string> {
  readonly prefix: string
  create(): Id
  /** Brands `id` without a check: ids of orders, for example, come from outside. */
  as(id: string): Id
  is(id: string): boolean
}

const reserved = new Set<string>()

/**
 * Reserves `prefix`, so that no user id (the `sub` of a token) may start with it: client caches that key records by `id`
 * alone then keep all types apart. Throws if the prefix is taken.
 */
export function reserveIdPrefix(prefix: string): string {
  if (reserved.has(prefix)) throw new Error(`two types have ids that start with ${prefix}`)
  reserved.add(prefix)
  return prefix
}

/** Defines the ids of a type of the schema. No two types share a prefix. */
export function defineId<Id extends string>(prefix: string): IdType<Id> {
  reserveIdPrefix(prefix)
  return {
    prefix,
    create: () => randomId(prefix) as Id,
    as: (id) => id as Id,
    is: (id) => id.startsWith(prefix),
  }
}

/** The id prefixes of the schema's types, sorted. */
export const reservedIdPrefixes = (): readonly string[] => [...reserved].sort()

/** Whether `id` looks like the id of a type of the schema other than User. */
export function hasReservedPrefix(id: string): boolean {
  for (const prefix of reserved) if (id.startsWith(prefix)) return true
  return false
}

const MAX_USER_ID_LENGTH = 256
/** What PostgreSQL can't store (NUL) and terminals act on. */
const CONTROL_CHARACTER = /\p{Cc}/u

/** Whether a user may have this id, by a token or by the word of a service. */
export function isUserId(id: string): boolean {
  const isFit = id.length >= 1 && id.length <= MAX_USER_ID_LENGTH && id.isWellFormed()
  return isFit && !CONTROL_CHARACTER.test(id) && !hasReservedPrefix(id)
}

/** The rule of `isUserId`, as a part of an error message. */
export const userIdRule = (): string =>
  `must have 1 to ${MAX_USER_ID_LENGTH} characters, none of them a control character, and no prefix of generated ids ` +
  `(${reservedIdPrefixes().join(', ')})`

export const asUserId = (id: string): UserId => id as UserId

// Ids of nothing in the schema. They appear in logs and responses, so that people can quote them.
export const newConnectionId = (): string => randomId('con_')
export const newRequestId = (): string => randomId('req_')
export const newErrorId = (): string => randomId('err_')
export const newNodeId = (): string => randomId('node_')
