import { setTimeout as pause } from 'node:timers/promises'
import type { Burst } from './scene.ts'
import type { Reset } from './watchers.ts'

const LOOK_MS = 50

/** How many of these readers were told of a reset after `sinceMs`. */
export async function countTold(
  { watchers }: Pick<Burst, 'watchers'>,
  subscriptions: readonly string[],
  sinceMs: number,
): Promise<number> {
  const resets = await watchers<readonly Reset[]>({ kind: 'resets' })
  const told = new Set(resets.filter(({ atMs }) => atMs > sinceMs).map(({ subscription }) => subscription))
  return subscriptions.filter((subscription) => told.has(subscription)).length
}

/** Resolves when all are told, or when `withinMs` has passed, with how long after `sinceMs` that was. */
export async function untilTold(
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
