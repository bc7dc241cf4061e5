import type { Amount } from './amount.ts'

/** The codes that every feature may reject commands with. Features define further ones. */
export const COMMON_REJECTIONS = [
  'NOT_FOUND',
  'INVALID_INPUT',
  'INVALID_TRANSITION',
  'RATE_LIMITED',
  'OVERLOADED',
  'IDEMPOTENCY_KEY_REUSED',
] as const

export type CommonRejection = (typeof COMMON_REJECTIONS)[number]

/** An expected refusal, as a value. Nothing was changed. */
export interface Rejection {
  readonly code: string
  /** A complete English sentence for people. */
  readonly reason: string
  /** The input field at fault, by its own name. */
  readonly field?: string
  /** The least amount that would be accepted. */
  readonly minimum?: Amount
  /** What can still be spent, and what this needs. */
  readonly available?: Amount
  readonly required?: Amount
  /** RATE_LIMITED, OVERLOADED: ms after which a retry may succeed. */
  readonly retryAfterMs?: number
}
