import { sql } from 'drizzle-orm'
import { createPauses } from '../kernel/backoff.ts'
import { every } from '../kernel/every.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Database } from '../storage/database.ts'
import { isNobodysFault } from '../storage/faults.ts'

export interface SchedulerOptions {
  readonly database: Database
  /** Dispatches the due command to the topic. */
  readonly passDeadline: (topic: Topic) => Promise<unknown>
  /**
   * Called on failures. A failed topic is retried with backoff from one second to one minute. Null: a query for deadlines
   * failed, and the next one retries.
   */
  readonly onFault: (topic: Topic | null, error: unknown) => void
}

/** Dispatches commands for topics whose deadline has passed, by the database's clock. */
export interface Scheduler {
  /** Arms no more topics; resolves when the query under way has ended. */
  close(): Promise<void>
}

const LOOK_EVERY_MS = 500
/** Deadlines before the next query are armed to the millisecond. */
const LOOK_AHEAD_MS = LOOK_EVERY_MS * 2
const MAX_AT_ONCE = 1000

/**
 * Every node queries and every node dispatches: the first to lock the topic applies the transition, and the others
 * find nothing due. So it happens exactly once, even if nodes die, without any handover.
 */
export function createScheduler({ database, passDeadline, onFault }: SchedulerOptions): Scheduler {
  const pauses = createPauses<Topic>()
  const armed = new Map<Topic, NodeJS.Timeout>()
  let isClosed = false

  async function look(): Promise<void> {
    const { rows } = await database.execute<{ topic: Topic; wait: number }>(sql`
      SELECT topic, (extract(epoch FROM due_at - clock_timestamp()) * 1000)::float8 AS wait FROM deadlines
      WHERE due_at <= clock_timestamp() + make_interval(secs => ${LOOK_AHEAD_MS / 1000})
      ORDER BY due_at LIMIT ${MAX_AT_ONCE}`)
    for (const { topic, wait } of rows) arm(topic, Math.max(0, wait))
  }

  function arm(topic: Topic, waitMs: number): void {
    // Armed again after every query: a deadline may have moved since the last one.
    clearTimeout(armed.get(topic))
    if (isClosed || pauses.isPaused(topic)) return
    const timer = setTimeout(() => {
      armed.delete(topic)
      passDeadline(topic).then(
        () => pauses.clear(topic),
        (error: unknown) => fail(topic, error),
      )
    }, Math.ceil(waitMs))
    armed.set(topic, timer)
  }

  /** While the database is unavailable no topic is at fault. */
  function fail(topic: Topic, error: unknown): void {
    if (!isNobodysFault(error)) pauses.begin(topic)
    onFault(topic, error)
  }

  const looks = every(look, { everyMs: LOOK_EVERY_MS, firstMs: 0, onFault: (error) => onFault(null, error) })
  return {
    async close() {
      isClosed = true
      for (const timer of armed.values()) clearTimeout(timer)
      await looks.close()
    },
  }
}
