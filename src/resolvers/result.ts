import type { IdempotencyKey } from '../engine/commands/command.ts'
import type { CommonRejection, Rejection } from '../engine/kernel/rejection.ts'
import { forbidden } from './errors.ts'
import { fingerprint } from './fingerprint.ts'

/** The value of the type Rejected. */
export interface RejectedResult extends Rejection {
  readonly kind: 'rejected'
}

export function rejected(code: CommonRejection, reason: string, field?: string): RejectedResult {
  return { kind: 'rejected', code, reason, ...(field === undefined ? {} : { field }) }
}

/** For something that does not exist, or is invisible to the caller. */
export const notFoundResult = (field?: string): RejectedResult => rejected('NOT_FOUND', 'Not found.', field)

type Refused =
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'forbidden'; readonly reason: string }

/** The result of a rejected command. Throws FORBIDDEN if the caller is not allowed to do this. */
export function refusalOf(outcome: Refused): RejectedResult {
  if (outcome.kind === 'forbidden') throw forbidden(outcome.reason)
  return { kind: 'rejected', ...outcome.rejection }
}

const KEY = /^[^\0]{1,128}$/su

/** Scopes an idempotency key to its input; `key` is undefined if the caller sent none. */
export type KeyReading = { readonly kind: 'read'; readonly key: IdempotencyKey | undefined } | RejectedResult

/** The idempotency key of `input`, bound to everything else in it. */
export function readKey(
  mutation: string,
  input: { readonly idempotencyKey?: string | null | undefined },
): KeyReading {
  const { idempotencyKey, ...rest } = input
  if (idempotencyKey === null || idempotencyKey === undefined) return { kind: 'read', key: undefined }
  // The database stores all unpaired surrogates alike: two such keys would be equal.
  if (!KEY.test(idempotencyKey) || !idempotencyKey.isWellFormed()) {
    return rejected('INVALID_INPUT', 'An idempotency key has 1 to 128 characters.', 'idempotencyKey')
  }
  return { kind: 'read', key: { key: idempotencyKey, fingerprint: fingerprint(mutation, rest) } }
}
