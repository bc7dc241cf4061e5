import { setTimeout as pause } from 'node:timers/promises'
import type { QuietRoom } from './quiet-room.ts'
import type { Burst } from './scenario.ts'
import type { Reset } from './watchers.ts'

const LOOK_MS = 50
/** How long a fault waits for resets before reporting those received. */
const NOTICE_WITHIN_MS = 15_000
const RETURN_WITHIN_MS = 5_000
const MESSAGES_AFTERWARDS = 10

/** The resets that readers of a replaced history received. */
export interface Told {
  readonly told: number
  readonly readers: number
  /** From the return of the database until the last live reader got a reset. */
  readonly noticedMs: number
}

/** When a history was replaced, and when nodes had a database again. */
export interface Replacement {
  readonly replacedAtMs: number
  readonly backAtMs: number
}

/** By subscription: the time of its first reset after `sinceMs`. */
async function firstResets(
  { watchers }: Pick<Burst, 'watchers'>,
  sinceMs: number,
): Promise<ReadonlyMap<string, number>> {
  const resets = await watchers<readonly Reset[]>({ kind: 'resets' })
  const later = resets.filter(({ atMs }) => atMs > sinceMs).toReversed()
  return new Map(later.map(({ subscription, atMs }) => [subscription, atMs]))
}

/** Resolves with the time of the last reset once all got one, or `withinMs` has passed. */
async function untilTold(
  burst: Pick<Burst, 'watchers'>,
  subscriptions: readonly string[],
  sinceMs: number,
  withinMs: number,
): Promise<number> {
  const end = Date.now() + withinMs
  for (;;) {
    const resets = await firstResets(burst, sinceMs)
    const times = subscriptions.map((subscription) => resets.get(subscription) ?? Number.POSITIVE_INFINITY)
    const last = Math.max(...times)
    if (Number.isFinite(last) || Date.now() > end) return Math.min(last, Date.now())
    await pause(LOOK_MS)
  }
}

/**
 * Waits until live readers get a reset. Then some readers return while the new history is shorter than their cursors,
 * and some when it has become longer.
 */
export async function bringBack(
  burst: Pick<Burst, 'watchers' | 'nodes'>,
  { early, late, write }: QuietRoom,
  live: readonly string[],
  { replacedAtMs, backAtMs }: Replacement,
): Promise<Told> {
  const noticedAtMs = await untilTold(burst, live, replacedAtMs, NOTICE_WITHIN_MS)
  await burst.watchers({ kind: 'back', only: early })
  await untilTold(burst, early, replacedAtMs, RETURN_WITHIN_MS)
  const bodies = Array.from({ length: MESSAGES_AFTERWARDS }, (_, index) => `new ${index}`)
  await write(burst.nodes[1]?.node.url ?? '', bodies)
  await burst.watchers({ kind: 'back', only: late })
  await untilTold(burst, late, replacedAtMs, RETURN_WITHIN_MS)
  const resets = await firstResets(burst, replacedAtMs)
  const all = [...live, ...early, ...late]
  return {
    told: all.filter((subscription) => resets.has(subscription)).length,
    readers: all.length,
    noticedMs: Math.max(0, noticedAtMs - backAtMs),
  }
}

/** Summarises several rounds for a fault's report. */
export function reportTold(rounds: readonly Told[]): Readonly<Record<string, string>> {
  const sum = (of: (round: Told) => number): number => rounds.reduce((total, round) => total + of(round), 0)
  return {
    'readers that got a reset': `${sum(({ told }) => told)} of ${sum(({ readers }) => readers)}`,
    'time until all live readers had a reset, at most': `${Math.max(...rounds.map(({ noticedMs }) => noticedMs))} ms`,
  }
}
