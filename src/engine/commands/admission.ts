import { type Actor, hasRole } from '../kernel/actor.ts'

/**
 * The origin of a command, for admission. A crowd of users must not keep services from working, so each of the two has a
 * backlog of its own. Commands of the server itself (such as the passing of a deadline) are never refused.
 */
export type Origin = 'user' | 'service' | 'system'

export function originOf(actor: Actor): Origin {
  if (actor.kind === 'system') return 'system'
  return hasRole(actor, 'SERVICE') ? 'service' : 'user'
}

export interface AdmissionOptions {
  /** Maximum expected wait of the last command in the backlog, by the recent rate. */
  readonly targetMs: number
  /** Minimum capacity, however slow the rate: fewer waiting commands make batches small and lower the throughput. */
  readonly atLeast: number
  /** Capacity before the rate is known, and during a short burst. */
  readonly burst: number
  /** A monotonic clock in ms. */
  readonly now?: () => number
}

/**
 * Bounds a backlog by the time that it takes to drain. The rate is measured only while commands are left waiting, because
 * otherwise it is the rate of the clients rather than of the server.
 */
export interface Admission {
  /** 0 if one more command may wait, otherwise the ms after which a retry is worthwhile. */
  refusal(origin: Origin): number
  enter(origin: Origin): void
  /** Call when a waiting command gave up. */
  leave(origin: Origin): void
  /** Call when these commands begin to run and no longer wait. */
  take(origins: readonly Origin[]): void
  waiting(): number
}

const WINDOW_MS = 50
/**
 * A backlog above its capacity for less than this is a burst, or a stall of the disk or the garbage collector, and drains;
 * a backlog that persists for longer is overload.
 */
const STANDING_MS = 150
/** For this long after a refusal the load is assumed unchanged, and no further burst is accepted. */
const CALM_MS = 1_000
/** Weight of the latest window in the moving average. */
const WEIGHT = 0.3
/** A rate older than this is outdated. */
const OUTDATED_MS = 10_000
const RETRY_AT_LEAST_MS = 250
const RETRY_AT_MOST_MS = 5_000

export function createAdmission(options: AdmissionOptions): Admission {
  const { targetMs, atLeast, burst, now = () => performance.now() } = options
  const counts: Record<Origin, number> = { user: 0, service: 0, system: 0 }
  /** Since when the backlog has been continuously above its capacity. */
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
  /** Since when commands have been continuously left waiting, and how many were taken since. */
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

  /** Whether the backlog of `origin` has exceeded its capacity for longer than a burst. */
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
      // Twice the expected wait, because retries meet new commands; with jitter, so that retries do not coincide.
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
