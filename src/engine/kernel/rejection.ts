import type { Amount } from './amount.ts'

/** Every code, once: the schema's enum is made of this list. */
export const REJECTION_CODES = [
  'NOT_FOUND',
  'NOT_A_MEMBER',
  'MUTED',
  'REMOVED',
  'INVALID_INPUT',
  'INVALID_TRANSITION',
  'RATE_LIMITED',
  'OVERLOADED',
  'IDEMPOTENCY_KEY_REUSED',
  'NOT_AUTHOR',
  'AUCTION_NOT_STARTED',
  'AUCTION_ENDED',
  'AUCTION_PAUSED',
  'AUCTION_CANCELLED',
  'SELLER_CANNOT_BID',
  'BID_BELOW_MINIMUM',
  'INSUFFICIENT_FUNDS',
  'BUY_NOW_UNAVAILABLE',
  'PRICE_CHANGED',
  'NO_BID_TO_HAMMER',
] as const

export type RejectionCode = (typeof REJECTION_CODES)[number]

/** An expected refusal, as a value. Nothing was changed. */
export interface Rejection {
  readonly code: RejectionCode
  /** For people, in English, a whole sentence. */
  readonly reason: string
  /** The input field at fault, by its own name. */
  readonly field?: string
  /** BID_BELOW_MINIMUM: the least that would be accepted. */
  readonly minimum?: Amount
  /** INSUFFICIENT_FUNDS: what can still be spent, and what this needs. */
  readonly available?: Amount
  readonly required?: Amount
  /** RATE_LIMITED, OVERLOADED: ms after which a retry may succeed. */
  readonly retryAfterMs?: number
}
