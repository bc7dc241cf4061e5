const FIRST_MS = 500
const LONGEST_MS = 20_000
const LEAST_MS = 50

/**
 * How long to wait before attempt 0, 1, 2 … after a failure, in milliseconds: anything up to a bound that doubles, so that
 * clients who lost one node do not come to the next in one instant. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16))
  return LEAST_MS + random() * (bound - LEAST_MS)
}
