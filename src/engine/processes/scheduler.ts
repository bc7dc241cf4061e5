import { sql } from 'drizzle-orm'
import { createPauses } from '../kernel/backoff.ts'
import { every } from '../kernel/every.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Database } from '../storage/database.ts'
import { isNobodysFault } from '../storage/faults.ts'

export interface SchedulerOptions {
  readonly database: Database
  /** Gives the topic the command that is due. */
  readonly passDeadline: (topic: Topic) => Promise<unknown>
  /**
   * Told of what failed. A topic that did is tried again after a pause that grows from a second to a minute; null: a look
   * failed, and the next one tries again.
   */
  readonly onFault: (topic: Topic | null, error: unknown) => void
}

/** Opens and closes what is due, by the database's clock. */
export interface Scheduler {
  /** Arms no more topics; resolves when the query under way has ended. */
  close(): Promise<void>
}

const LOOK_EVERY_MS = 500
/** What falls due before the next look is armed to the millisecond. */
const LOOK_AHEAD_MS = LOOK_EVERY_MS * 2
const MAX_AT_ONCE = 1000

/**
 * Every node looks and every node commands: whoever locks the topic first opens or closes it, and the others
 * find nothing due any more. So it happens exactly once, also when nodes die, and nothing need be handed over.
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
    // Armed anew at every look: an auction that was extended meanwhile is due later than was thought.
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

  /** While the record is away no topic is to blame. */
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
