/** The server's clock, as far as answers told of it. */
export interface ServerClock {
  /** What the server's clock shows now, in milliseconds since the epoch. */
  now(): number
  /** The server's clock less this device's, in milliseconds. 0 until the server was heard. */
  readonly offsetMs: number
}

export interface ListeningClock extends ServerClock {
  /** The server said `serverTime` in an answer that came now to what was sent at `sentAt` (both in ms, here by `here`). */
  hear(serverTime: number, sentAt: number): void
}

/**
 * The answer that was fastest is believed: by at most half of its round trip it can be wrong. A later one that is slower by
 * less than clocks may drift apart replaces it.
 */
export function createServerClock(here: () => number = Date.now): ListeningClock {
  let best: { readonly offsetMs: number; readonly roundTripMs: number; readonly at: number } | undefined
  return {
    get offsetMs() {
      return best?.offsetMs ?? 0
    },
    now: () => here() + (best?.offsetMs ?? 0),
    hear(serverTime, sentAt) {
      const at = here()
      const roundTripMs = Math.max(0, at - sentAt)
      const driftMs = best === undefined ? 0 : (at - best.at) * DRIFT
      if (best !== undefined && roundTripMs > best.roundTripMs + driftMs) return
      best = { offsetMs: serverTime - (sentAt + roundTripMs / 2), roundTripMs, at }
    },
  }
}

/** Of quartz, generously: 0.1 ms a second. Someone who sets the clock is not covered. */
const DRIFT = 1e-4
