import type { UserId } from '../../engine/kernel/id.ts'

/** A rate limit per user, shared by all nodes. */
export interface Rates {
  /**
   * Counts `count` more (default 1). Returns 0 if within the rate; otherwise counts nothing and returns the ms until it
   * would be.
   */
  take(user: UserId, count?: number): Promise<number>
  close(): Promise<void>
}

export interface Rate {
  readonly perSecond: number
  /** Burst size. */
  readonly burst: number
}

/**
 * A token bucket as one number (the generic cell rate algorithm of ITU-T I.371): the time at which it will be full
 * again. Taking a token advances it by the refill time of one token; it must not be more than a whole bucket ahead.
 */
export interface Cells {
  /** Refill time of one token. */
  readonly intervalMs: number
  /** Refill time of a whole bucket. */
  readonly fullMs: number
}

export function cellsOf({ perSecond, burst }: Rate): Cells {
  const intervalMs = 1000 / perSecond
  return { intervalMs, fullMs: intervalMs * burst }
}
