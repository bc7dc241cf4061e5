import type { ServerClock } from './clock.ts'
import { expiryOf, type PatientSource } from './token.ts'

/** Tokens are renewed this long before they expire, or after three quarters of their lifetime if that is later. */
const RENEWAL_MS = 60_000
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Keeps a connection signed in by renewing its token. */
export interface Renewal {
  /** Starts for a connection signed in with `token`, which expires at `expiresAt` (ms, the server's clock). */
  begin(token: string | null, expiresAt: number | undefined): void
  /** Renews immediately. */
  renew(): Promise<void>
  /** Stops: the connection is gone, and the next one fetches its own token. */
  end(): void
}

export interface RenewalOptions {
  readonly source: PatientSource
  readonly clock: ServerClock
  /** Sends the connection a new token. */
  readonly show: (token: string) => void
  /** No token is available any more: disconnect, and reconnect as a visitor. */
  readonly leave: () => void
}

export function createRenewal({ source, clock, show, leave }: RenewalOptions): Renewal {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Counts connections: a token fetched for an earlier one is dropped. */
  let generation = 0

  function schedule(end: number | undefined): void {
    clearTimeout(timer)
    if (end === undefined || !source.isRenewable) return
    const leftMs = end - clock.now()
    const waitMs = Math.max(leftMs - RENEWAL_MS, leftMs * 0.75, 0)
    timer = setTimeout(() => void renew(), Math.min(waitMs, LONGEST_TIMER_MS))
  }

  async function renew(): Promise<void> {
    const before = generation
    const token = await source.ask()
    if (before !== generation) return
    if (token === null) return leave()
    show(token)
    schedule(expiryOf(token))
  }

  return {
    begin(token, expiresAt) {
      generation += 1
      schedule(expiresAt ?? (token === null ? undefined : expiryOf(token)))
    },
    renew,
    end() {
      generation += 1
      clearTimeout(timer)
    },
  }
}
