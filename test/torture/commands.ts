import { setTimeout as pause } from 'node:timers/promises'
import { decodeCursor } from '../../src/engine/kernel/cursor.ts'
import { asTopic } from '../../src/engine/kernel/topic.ts'
import { announcementsTopic } from '../../src/features/announcements/topics.ts'
import { signToken } from '../support/tokens.ts'
import type { Answer, Attempted } from './records.ts'
import { bidEffect } from './stored.ts'

/** A mutation with its key. */
export interface Command {
  readonly key: string
  readonly topic: string
  /** The identity of its entry: see `effectOf`. */
  readonly effect: string
  readonly token: string
  readonly query: string
  readonly input: object
}

/** A GraphQL answer: everything that a retry must repeat. */
export interface RawAnswer {
  readonly cursor?: string
  readonly code?: string
  /** Of OVERLOADED. */
  readonly retryAfterMs?: number | null
  readonly minimum?: number | null
  readonly bid?: { readonly id: string }
  readonly message?: { readonly id: string }
  readonly announcement?: { readonly id: string }
}

interface GivenResult {
  readonly data?: { readonly answer?: RawAnswer | null } | null
  readonly errors?: unknown
}

const BID = `mutation ($input: PlaceBidInput!) { answer: placeBid(input: $input) {
  ... on BidAccepted { outcome cursor bid { id sequence amount kind placedAt bidder { id name } } }
  ... on Rejected { code minimum retryAfterMs } } }`
const SEND = `mutation ($input: SendMessageInput!) { answer: sendMessage(input: $input) {
  ... on MessagePayload { cursor message { id offset body sentAt author { id name } } } ... on Rejected { code retryAfterMs } } }`
const ANNOUNCE = `mutation ($input: PublishAnnouncementInput!) { answer: publishAnnouncement(input: $input) {
  ... on AnnouncementPayload { cursor announcement { id audience severity title body publishedAt } }
  ... on Rejected { code retryAfterMs } } }`

const tokens = new Map<string, Promise<string>>()

/** One token per user, like real clients. */
function tokenOf(user: string, options?: Parameters<typeof signToken>[1]): Promise<string> {
  const token = tokens.get(user) ?? signToken(user, options)
  tokens.set(user, token)
  return token
}

/** By a new bidder. */
export async function bidCommand(key: string, auctionId: string, amount: number): Promise<Command> {
  const bidder = `bidder ${key}`
  return {
    ...{ key, topic: `auction:${auctionId}`, effect: bidEffect(bidder, amount) },
    ...{ token: await signToken(bidder), query: BID },
    input: { auctionId, amount, idempotencyKey: key },
  }
}

export async function messageCommand(key: string, roomId: string, author: string): Promise<Command> {
  return {
    ...{ key, topic: `messages:${roomId}`, effect: key, token: await tokenOf(author), query: SEND },
    input: { roomId, body: key, clientMessageId: key },
  }
}

export async function announcementCommand(key: string): Promise<Command> {
  const token = await tokenOf('torture-service', { claims: { roles: ['service'] } })
  return {
    ...{ key, topic: announcementsTopic, effect: key, token, query: ANNOUNCE },
    input: { audience: 'GLOBAL', title: key, body: 'All of you', idempotencyKey: key },
  }
}

/**
 * One request to the node at `url`; undefined if no complete answer arrived in time, for example because a field could
 * not be read.
 */
export async function ask(
  url: string,
  { query, input, token }: Command,
  withinMs: number,
): Promise<RawAnswer | undefined> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables: { input } }),
      signal: AbortSignal.timeout(withinMs),
    })
    const { data, errors } = (await response.json()) as GivenResult
    // An overload rejection does not reveal whether the command took effect: the key is sent again.
    const isAnswer = errors === undefined && data?.answer?.code !== 'OVERLOADED'
    return isAnswer ? (data?.answer ?? undefined) : undefined
  } catch {
    return undefined
  }
}

/** Extracts what the checker needs from an answer; undefined if its cursor does not belong to `topic`. */
export function readAnswer(topic: string, raw: RawAnswer): Answer | undefined {
  if (raw.code !== undefined) return { kind: 'rejected', code: raw.code }
  const position = decodeCursor(asTopic(topic), raw.cursor ?? '')
  if (position === undefined) return undefined
  const id = (raw.bid ?? raw.message ?? raw.announcement)?.id ?? ''
  return { kind: 'accepted', offset: position.offset, id }
}

const RETRY_MS = 50
const ANSWER_WITHIN_MS = 35_000

/** Retries until an answer arrives, and returns it with everything the checker needs. Throws if none does. */
export async function askUntilAnswered(
  url: string,
  command: Command,
  withinMs = 60_000,
): Promise<{ readonly raw: RawAnswer; readonly attempted: Attempted }> {
  const { key, topic, effect } = command
  const beganMs = Date.now()
  for (let attempts = 1; Date.now() < beganMs + withinMs; attempts += 1) {
    const raw = await ask(url, command, ANSWER_WITHIN_MS)
    const answer = raw === undefined ? undefined : readAnswer(topic, raw)
    if (raw !== undefined && answer !== undefined) {
      const times = { beganMs, endedMs: Date.now() }
      return { raw, attempted: { key, topic, effect, attempts, answers: [answer], ...times } }
    }
    await pause(RETRY_MS)
  }
  throw new Error(`${key} was not answered within ${withinMs} ms`)
}
