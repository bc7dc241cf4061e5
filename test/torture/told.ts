import { setTimeout as pause } from 'node:timers/promises'
import type { QuietRoom } from './quiet-room.ts'
import type { Burst } from './scene.ts'
import type { Reset } from './watchers.ts'

const LOOK_MS = 50

/** How many of these readers were told of a reset after `sinceMs`. */
async function countTold(
  { watchers }: Pick<Burst, 'watchers'>,
  subscriptions: readonly string[],
  sinceMs: number,
): Promise<number> {
  const resets = await watchers<readonly Reset[]>({ kind: 'resets' })
  const told = new Set(resets.filter(({ atMs }) => atMs > sinceMs).map(({ subscription }) => subscription))
  return subscriptions.filter((subscription) => told.has(subscription)).length
}

/** Resolves when all are told, or when `withinMs` has passed, with how long after `sinceMs` that was. */
async function untilTold(
  burst: Pick<Burst, 'watchers'>,
  subscriptions: readonly string[],
  sinceMs: number,
  withinMs: number,
): Promise<number> {
  const end = Date.now() + withinMs
  while (Date.now() < end && (await countTold(burst, subscriptions, sinceMs)) < subscriptions.length)
    await pause(LOOK_MS)
  return Date.now() - sinceMs
}

/** How long a fault waits for resets; what has come by then is reported. */
const NOTICE_WITHIN_MS = 15_000
const RETURN_WITHIN_MS = 5_000
const MESSAGES_AFTERWARDS = 10

/** What readers were told of a history that was replaced. */
export interface Told {
  readonly told: number
  readonly readers: number
  /** Until every live reader was told. */
  readonly noticedMs: number
}

/**
 * Waits until live readers are told of a reset. Then some come back while the new history is shorter than their cursors, and
 * some when it has become longer.
 */
export async function bringBack(
  burst: Pick<Burst, 'watchers' | 'nodes'>,
  { early, late, write }: QuietRoom,
  live: readonly string[],
  sinceMs: number,
): Promise<Told> {
  const noticedMs = await untilTold(burst, live, sinceMs, NOTICE_WITHIN_MS)
  await burst.watchers({ kind: 'back', only: early })
  await untilTold(burst, early, sinceMs, RETURN_WITHIN_MS)
  const bodies = Array.from({ length: MESSAGES_AFTERWARDS }, (_, index) => `new ${index}`)
  await write(burst.nodes[1]?.node.url ?? '', bodies)
  await burst.watchers({ kind: 'back', only: late })
  await untilTold(burst, late, sinceMs, RETURN_WITHIN_MS)
  const all = [...live, ...early, ...late]
  return { told: await countTold(burst, all, sinceMs), readers: all.length, noticedMs }
}

/** The figures of several rounds, for a fault's report. */
export function reportTold(rounds: readonly Told[]): Readonly<Record<string, string>> {
  const sum = (of: (round: Told) => number): number => rounds.reduce((total, round) => total + of(round), 0)
  return {
    'readers told a reset': `${sum(({ told }) => told)} of ${sum(({ readers }) => readers)}`,
    'time until all live readers were told, at most': `${Math.max(...rounds.map(({ noticedMs }) => noticedMs))} ms`,
  }
}
