import { type Actor, hasRole } from '../kernel/actor.ts'

/**
 * Who gives a command, as far as admission goes. A crowd must not keep services from working, so each of the two has a
 * backlog of its own; what the server itself demands (an auction's end) is never refused.
 */
export type Origin = 'user' | 'service' | 'system'

export function originOf(actor: Actor): Origin {
  if (actor.kind === 'system') return 'system'
  return hasRole(actor, 'SERVICE') ? 'service' : 'user'
}

export interface AdmissionOptions {
  /** So long, by the rate of late, the last in the backlog may have to wait. */
  readonly targetMs: number
  /** So many may wait however slow it goes: fewer would make batches small, and throughput with them. */
  readonly atLeast: number
  /** So many may wait before the rate is known, and in a burst that does not last. */
  readonly burst: number
  /** A clock that never goes back, in ms. */
  readonly now?: () => number
}

/**
 * Bounds a backlog by the time that it takes to work it off. The rate is measured while something is left waiting: only
 * then it is that of the server, and not that of its clients.
 */
export interface Admission {
  /** 0 where one more may wait; else the ms after which a retry is worthwhile. */
  refusal(origin: Origin): number
  enter(origin: Origin): void
  /** One that waited gave up. */
  leave(origin: Origin): void
  /** These no longer wait: their work begins. */
  take(origins: readonly Origin[]): void
  waiting(): number
}

const WINDOW_MS = 50
/**
 * A backlog above its capacity for less than this is a burst, or a stall of the disk or the collector, and is worked off;
 * one that stands for longer is overload.
 */
const STANDING_MS = 150
/** So long after a refusal the load is what it was, and no further burst is taken. */
const CALM_MS = 1_000
/** How much the latest window counts. */
const WEIGHT = 0.3
/** A rate that was measured before that says nothing of now. */
const OUTDATED_MS = 10_000
const RETRY_AT_LEAST_MS = 250
const RETRY_AT_MOST_MS = 5_000

export function createAdmission(options: AdmissionOptions): Admission {
  const { targetMs, atLeast, burst, now = () => performance.now() } = options
  const counts: Record<Origin, number> = { user: 0, service: 0, system: 0 }
  /** Since when the backlog has been above its capacity without a break. */
  const fullSince: Record<Origin, number | undefined> = {
    user: undefined,
    service: undefined,
    system: undefined,
  }
  const refusedAt: Record<Origin, number> = {
    user: Number.NEGATIVE_INFINITY,
    service: Number.NEGATIVE_INFINITY,
    system: Number.NEGATIVE_INFINITY,
  }
  let rate: { readonly perMs: number; readonly at: number } | undefined
  /** Since when something has been left waiting without a break, and what was taken since. */
  let busy: { since: number; taken: number } | undefined

  const waiting = (): number => counts.user + counts.service + counts.system

  function currentRate(): number | undefined {
    return rate === undefined || now() - rate.at > OUTDATED_MS ? undefined : rate.perMs
  }

  function capacity(): number {
    const perMs = currentRate()
    return perMs === undefined ? burst : Math.max(atLeast, perMs * targetMs)
  }

  function measure(taken: number): void {
    const time = now()
    if (busy !== undefined && time - busy.since >= WINDOW_MS) {
      const latest = busy.taken / (time - busy.since)
      const before = currentRate() ?? latest
      rate = { perMs: before + WEIGHT * (latest - before), at: time }
      busy = undefined
    }
    if (waiting() === 0) busy = undefined
    else {
      busy ??= { since: time, taken: 0 }
      busy.taken += taken
    }
  }

  /** Whether the backlog of `origin` has been too long for longer than a burst. */
  function isOverloaded(origin: Origin): boolean {
    if (counts[origin] < capacity()) {
      fullSince[origin] = undefined
      return false
    }
    const since = fullSince[origin] ?? now()
    fullSince[origin] = since
    const isStanding = now() - since >= STANDING_MS || now() - refusedAt[origin] < CALM_MS
    return isStanding || counts[origin] >= burst
  }

  return {
    refusal(origin) {
      if (origin === 'system' || !isOverloaded(origin)) return 0
      refusedAt[origin] = now()
      const workedOffMs = waiting() / (currentRate() ?? burst / targetMs)
      // Twice that, since those who come again meet others; spread, so that they do not come together.
      const ms = Math.min(RETRY_AT_MOST_MS, Math.max(RETRY_AT_LEAST_MS, 2 * workedOffMs))
      return Math.ceil(ms * (1 + Math.random()))
    },
    enter(origin) {
      counts[origin] += 1
    },
    leave(origin) {
      counts[origin] -= 1
    },
    take(origins) {
      for (const origin of origins) counts[origin] -= 1
      for (const origin of new Set(origins)) if (counts[origin] < capacity()) fullSince[origin] = undefined
      measure(origins.length)
    },
    waiting,
  }
}
