const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 1_000

/** Doubles up to a second; half of it is jitter, so that nodes do not reconnect in step. */
export function retryDelayMs(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS) * (0.5 + Math.random() / 2)
}
