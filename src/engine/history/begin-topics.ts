import { randomInt } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { asEpoch, type Epoch } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Executor } from '../storage/database.ts'
import { statement } from '../storage/statement.ts'

const MAX_EPOCH = 2 ** 40

/** A random name for a new history, so that a restored or replaced one is not mistaken for the old. */
export function newEpoch(): Epoch {
  return asEpoch(randomInt(1, MAX_EPOCH))
}

const BEGIN = statement(
  'begin_topics',
  `INSERT INTO topics (topic, epoch, head, floor, written_at)
  SELECT topic, epoch, 0, 0, clock_timestamp() FROM unnest($1::text[], $2::bigint[]) AS begun(topic, epoch)
  ON CONFLICT DO NOTHING`,
)

/** Creates empty histories for `topics`. Existing ones stay unchanged. */
export async function beginTopics(executor: Executor, topics: readonly Topic[]): Promise<void> {
  if (topics.length > 0) await BEGIN(executor, topics, topics.map(newEpoch))
}

/** Number of `topics` that exist. */
export async function countTopics(executor: Executor, topics: readonly Topic[]): Promise<number> {
  const { rows } = await executor.execute<{ count: number }>(
    sql`SELECT count(*)::int AS count FROM topics WHERE topic = ANY(${sql.param(topics)}::text[])`,
  )
  return rows[0]?.count ?? 0
}
