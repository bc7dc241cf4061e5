import { sql } from 'drizzle-orm'
import type { Entry } from '../../../engine/history/entry.ts'
import { createPauses } from '../../../engine/kernel/backoff.ts'
import { every } from '../../../engine/kernel/every.ts'
import { familyOf, type Topic } from '../../../engine/kernel/topic.ts'
import type { Database } from '../../../engine/storage/database.ts'
import { isNobodysFault } from '../../../engine/storage/faults.ts'
import type { NotificationHook } from '../hooks.ts'
import { followUnfollowed } from './catch-up.ts'
import { drawConsequences } from './round.ts'

export interface FollowerOptions {
  readonly database: Database
  /** Called with the committed entries. Must not throw. */
  readonly announce: (entries: readonly Entry[]) => void
  /**
   * Called for each failed attempt. The topic is retried with backoff, from a second up to a minute; null: a scan
   * failed, and the next scan tries again.
   */
  readonly onFault: (topic: Topic | null, error: unknown) => void
  readonly hooks: readonly NotificationHook[]
}

/** Derives notifications from what happens in auctions. */
export interface Follower {
  /** Reports what was committed on this node, so that its followers need not wait for the next scan. */
  nudge(entries: readonly Entry[]): void
  /** Starts no more work; resolves when the current work has finished. */
  close(): Promise<void>
}

const LOOK_EVERY_MS = 500
/** A hot auction commits often: all commits within this time are handled in one round. */
const GATHER_MS = 20
const AGAIN_MS = 50
const MAX_AT_ONCE = 1000

/**
 * Every node follows auctions: its own commits at once, and at each scan whatever is left from any node. A lock on
 * the auction's follower row ensures that only one node does the work.
 */
export function createFollower({ database, announce, onFault, hooks }: FollowerOptions): Follower {
  const waiting = new Set<Topic>()
  const pauses = createPauses<Topic>()
  let isClosed = false
  let hasCaughtUp = false
  let working: Promise<void> | undefined
  const timers = new Set<NodeJS.Timeout>()

  function after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, ms)
    timers.add(timer)
    return timer
  }

  function take(topics: Iterable<Topic>): void {
    if (isClosed) return
    for (const topic of topics) waiting.add(topic)
    if (working === undefined && waiting.size > 0) working = work()
  }

  async function work(): Promise<void> {
    await new Promise<void>((resolve) => after(GATHER_MS, resolve))
    for (const topic of waiting) {
      waiting.delete(topic)
      if (isClosed || pauses.isPaused(topic)) continue
      await follow(topic).catch((error: unknown) => fail(topic, error))
    }
    working = undefined
  }

  /** While the database is unavailable no topic is at fault; all continue when it is back. */
  function fail(topic: Topic, error: unknown): void {
    if (!isNobodysFault(error)) pauses.begin(topic)
    onFault(topic, error)
  }

  async function follow(topic: Topic): Promise<void> {
    const { left, appended } = await drawConsequences(database, topic, hooks)
    if (left !== 'busy') pauses.clear(topic)
    if (appended.length > 0) announce(appended)
    if (left === 'more') waiting.add(topic)
    else if (left === 'busy' && !isClosed) after(AGAIN_MS, () => take([topic]))
  }

  async function look(): Promise<void> {
    if (!hasCaughtUp) await followUnfollowed(database, onFault)
    hasCaughtUp = true
    // Corrupt state affects its own topic only and must not fail the others.
    const { rows } = await database.execute<{ topic: Topic }>(sql`
      SELECT topic FROM followers JOIN topics USING (topic)
      WHERE (head > position OR (state ->> 'broadcast') IS NOT NULL
        OR CASE json_typeof(state -> 'endingDueAt') WHEN 'number' THEN (state ->> 'endingDueAt')::float8 END
          <= extract(epoch FROM clock_timestamp()) * 1000)
        AND topic <> ALL(${sql.param(pauses.paused())})
      LIMIT ${MAX_AT_ONCE}`)
    take(rows.map(({ topic }) => topic))
  }

  const looks = every(look, { everyMs: LOOK_EVERY_MS, onFault: (error) => onFault(null, error) })
  return {
    nudge(entries) {
      take(new Set(entries.map(({ topic }) => topic).filter((topic) => familyOf(topic) === 'auction')))
    },
    async close() {
      isClosed = true
      await looks.close()
      await working
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
