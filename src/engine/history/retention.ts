import { sql } from 'drizzle-orm'
import { every } from '../kernel/every.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { NEW_TOPIC_VERSION } from './topic-version.ts'

/** Deletes expired data of a feature, a bounded part per round. `ms`: minimum time for which entries are kept. */
export type Trim = (tx: Transaction, ms: number) => Promise<void>

/** An entry type that depends on the `data.back` entries before it, which are kept as long as the entry itself. */
export interface RetainedEntries {
  readonly type: string
  /** The largest `data.back`. */
  readonly farthestBack: number
}

export interface RetentionOptions {
  readonly database: Database
  readonly trims: readonly Trim[]
  readonly retained: readonly RetainedEntries[]
  /** An entry is kept while it is one of the last `events` of its topic or younger than `ms`. */
  readonly events: number
  readonly ms: number
  readonly onFault: (error: unknown) => void
}

/** Deletes expired data within ten seconds of its expiry. */
export interface Retention {
  /** Runs one round. Resolves when its bounded part of the expired data is deleted. */
  trim(): Promise<void>
  /** Stops. Resolves when the running round has ended. */
  close(): Promise<void>
}

const EVERY_MS = 5_000
const TOPICS_A_ROUND = 200
/** Longer than the day for which retries are promised the first result. */
const KEYS_KEPT = '25 hours'
const KEYS_A_ROUND = 10_000
/** An advisory lock: one node cleans up at a time, and the others skip the round. */
const RETENTION_LOCK = 7_203_115

export function createRetention(options: RetentionOptions): Retention {
  const { database, events, ms, trims, retained, onFault } = options
  const trim = (): Promise<void> =>
    database.transaction(async (tx) => {
      const { rows } = await tx.execute<{ mine: boolean }>(
        sql`SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}) AS mine`,
      )
      if (rows[0]?.mine !== true) return
      for (const { topic, floor } of await dueTopics(tx, events, ms)) await forget(tx, topic, floor, retained)
      await tx.execute(sql`
        DELETE FROM idempotency WHERE (caller, key) IN (
          SELECT caller, key FROM idempotency WHERE at < clock_timestamp() - ${KEYS_KEPT}::interval LIMIT ${KEYS_A_ROUND})`)
      for (const trimFeature of trims) await trimFeature(tx, ms)
    })

  return { trim, close: every(trim, { everyMs: EVERY_MS, onFault }).close }
}

interface Due {
  readonly topic: Topic
  /** The last offset to delete. */
  readonly floor: string
}

/** The times of a topic's entries never decrease, so the expired ones are a prefix. */
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

/**
 * Raises the floor in the same transaction as the deletion: readers see both or neither. An entry stays while a remaining
 * one depends on it.
 */
async function forget(
  tx: Transaction,
  topic: Topic,
  due: string,
  retained: readonly RetainedEntries[],
): Promise<void> {
  const types = retained.map(({ type }) => type)
  const farthest = Math.max(0, ...retained.map(({ farthestBack }) => farthestBack))
  const { rows } = await tx.execute<{ floor: string }>(sql`
    UPDATE topics SET floor = greatest(floor, least(${due}::bigint, (
      SELECT min("offset" - (data ->> 'back')::bigint) - 1 FROM entries
      WHERE entries.topic = topics.topic AND type = ANY(${sql.param(types)}::text[])
        AND "offset" > ${due}::bigint AND "offset" <= ${due}::bigint + ${farthest}))), ${sql.raw(NEW_TOPIC_VERSION)}
    WHERE topic = ${topic} RETURNING floor`)
  const floor = rows[0]?.floor ?? '0'
  await tx.execute(sql`DELETE FROM entries WHERE topic = ${topic} AND "offset" <= ${floor}::bigint`)
}
