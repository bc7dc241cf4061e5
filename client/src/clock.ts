/** An estimate of the server's clock from its answers. */
export interface ServerClock {
  /** The server's time now, in milliseconds since the epoch. */
  now(): number
  /** The server's clock minus this device's clock, in milliseconds. 0 before the first answer. */
  readonly offsetMs: number
}

export interface ListeningClock extends ServerClock {
  /** Records `serverTime` from an answer that just arrived to a request sent at `sentAt` (both in ms; `sentAt` by the local clock). */
  hear(serverTime: number, sentAt: number): void
}

/**
 * Uses the answer with the shortest round trip, whose error is at most half of that. A slower answer replaces it once clock drift may
 * have added more error than the difference.
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

/** Assumed drift of quartz clocks, generously: 0.1 ms per second. Does not cover manual clock changes. */
const DRIFT = 1e-4
