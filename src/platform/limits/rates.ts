import type { UserId } from '../../engine/kernel/id.ts'

/** How often each user may do something, on all nodes together. */
export interface Rates {
  /**
   * Counts `count` more, one unless given. 0 where they are within the rate; else none was counted, and they would be in
   * so many ms.
   */
  take(user: UserId, count?: number): Promise<number>
  close(): Promise<void>
}

export interface Rate {
  readonly perSecond: number
  /** So many at once, after a pause. */
  readonly burst: number
}

/**
 * A token bucket as one number (the generic cell rate algorithm of ITU-T I.371): the moment when it will be full again.
 * Taking one moves that on by the time that one needs; further than a whole bucket ahead it must not be.
 */
export interface Cells {
  /** For one token. */
  readonly intervalMs: number
  /** For a whole bucket. */
  readonly fullMs: number
}

export function cellsOf({ perSecond, burst }: Rate): Cells {
  const intervalMs = 1000 / perSecond
  return { intervalMs, fullMs: intervalMs * burst }
}
