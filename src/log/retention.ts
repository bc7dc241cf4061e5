import { sql } from 'drizzle-orm'
import type { Topic } from '../kernel/topic.ts'
import type { Database, Transaction } from './database.ts'

export interface RetentionOptions {
  readonly database: Database
  /** An entry is kept while it is among the last `events` of its topic, or younger than `ms`. */
  readonly events: number
  readonly ms: number
  readonly onFault: (error: unknown) => void
}

/** Forgets what is due, within ten seconds of its being so. */
export interface Retention {
  /** One round: resolves when what is due now is gone, as far as one round goes. */
  trim(): Promise<void>
  close(): void
}

const EVERY_MS = 5_000
const TOPICS_A_ROUND = 200
/** Longer than the day for which a retry is promised the first answer. */
const KEYS_KEPT = '25 hours'
const KEYS_A_ROUND = 10_000
/** Nodes take turns: whoever finds it held has nothing to do. */
const RETENTION_LOCK = 7_203_115

export function createRetention({ database, events, ms, onFault }: RetentionOptions): Retention {
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const trim = (): Promise<void> =>
    database.transaction(async (tx) => {
      const { rows } = await tx.execute<{ mine: boolean }>(
        sql`SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}) AS mine`,
      )
      if (rows[0]?.mine !== true) return
      for (const { topic, floor } of await dueTopics(tx, events, ms)) await forget(tx, topic, floor)
      await tx.execute(sql`
        DELETE FROM idempotency WHERE (caller, key) IN (
          SELECT caller, key FROM idempotency WHERE at < clock_timestamp() - ${KEYS_KEPT}::interval LIMIT ${KEYS_A_ROUND})`)
    })

  function schedule(): void {
    if (isClosed) return
    timer = setTimeout(() => void trim().catch(onFault).finally(schedule), EVERY_MS)
    timer.unref()
  }

  schedule()
  return {
    trim,
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

interface Due {
  readonly topic: Topic
  /** The last offset to forget. */
  readonly floor: string
}

/** Entries of a topic never go back in time, so what is due is a run from its beginning. */
async function dueTopics(tx: Transaction, events: number, ms: number): Promise<readonly Due[]> {
  const { rows } = await tx.execute<Due & Record<string, unknown>>(sql`
    SELECT topics.topic, due.floor FROM topics CROSS JOIN LATERAL (
      SELECT "offset" AS floor FROM entries
      WHERE entries.topic = topics.topic AND "offset" > topics.floor AND "offset" <= topics.head - ${events}::bigint
        AND at < clock_timestamp() - make_interval(secs => ${ms / 1000}::float8)
      ORDER BY "offset" DESC LIMIT 1) AS due
    WHERE topics.head - topics.floor > ${events}::bigint
    LIMIT ${TOPICS_A_ROUND}`)
  return rows
}

/** The floor is raised with the deletion: who reads sees both or neither. */
async function forget(tx: Transaction, topic: Topic, floor: string): Promise<void> {
  await tx.execute(sql`UPDATE topics SET floor = ${floor}::bigint WHERE topic = ${topic}`)
  await tx.execute(sql`DELETE FROM entries WHERE topic = ${topic} AND "offset" <= ${floor}::bigint`)
}
