import type { ServerClock } from './clock.ts'
import { expiryOf, type PatientSource } from './token.ts'

/** A token is renewed so long before it expires, or at three quarters of its time where that is less. */
const RENEWAL_MS = 60_000
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Keeps a connection signed in beyond the token that it began with. */
export interface Renewal {
  /** For a connection that was signed in with `token`, which expires at `expiresAt` (ms, the server's clock). */
  begin(token: string | null, expiresAt: number | undefined): void
  /** At once. */
  renew(): Promise<void>
  /** The connection is gone: the next one asks for a token anyway. */
  end(): void
}

export interface RenewalOptions {
  readonly source: PatientSource
  readonly clock: ServerClock
  /** Shows the connection another token. */
  readonly show: (token: string) => void
  /** There is no token any more: whoever comes back is a visitor. */
  readonly leave: () => void
}

export function createRenewal({ source, clock, show, leave }: RenewalOptions): Renewal {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Of connections: an answer for one that is gone is for nobody. */
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
