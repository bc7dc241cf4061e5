const FIRST_MS = 500
const LONGEST_MS = 20_000
const LEAST_MS = 50

/**
 * Delay before attempt 0, 1, 2 … in milliseconds: exponential with full jitter, so that the clients of a failed node do not
 * reconnect all at once. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16))
  return LEAST_MS + random() * (bound - LEAST_MS)
}
