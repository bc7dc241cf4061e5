import { sql } from 'drizzle-orm'
import type { UserId } from '../kernel/id.ts'
import { formatInstant, type Instant, instant } from '../kernel/instant.ts'
import { advance, asEpoch, asOffset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Transaction } from './database.ts'
import type { Entry } from './entry.ts'

/** What is to become an entry. */
export interface Draft {
  readonly type: string
  readonly data: object
}

/**
 * Appends `drafts` to a topic that has begun, under its row lock, which lasts until the transaction ends: take several
 * topics in their alphabetical order. The entries are of `now`, or of the topic's last write where that is later.
 */
export async function appendEntries(
  tx: Transaction,
  topic: Topic,
  drafts: readonly Draft[],
  now: Instant,
  actorId: UserId | null,
): Promise<readonly Entry[]> {
  if (drafts.length === 0) return []
  const { rows } = await tx.execute<{ epoch: string; head: string; at: number }>(sql`
    UPDATE topics SET head = head + ${drafts.length}, written_at = greatest(written_at, ${formatInstant(now)}::timestamptz)
    WHERE topic = ${topic} RETURNING epoch, head, (extract(epoch FROM written_at) * 1000)::float8 AS at`)
  const [row] = rows
  if (row === undefined) throw new RangeError(`topic ${topic} has not begun`)
  const before = asOffset(Number(row.head) - drafts.length)
  const at = instant(row.at)
  const entries = drafts.map((draft, index) => ({
    topic,
    epoch: asEpoch(Number(row.epoch)),
    offset: advance(before, index + 1),
    at,
    ...draft,
  }))
  const lines = entries.map(({ offset, type, data }) => ({ offset, type, data }))
  await tx.execute(sql`
    INSERT INTO entries (topic, "offset", at, type, data, actor_id)
    SELECT ${topic}, "offset", ${formatInstant(at)}::timestamptz, type, data, ${actorId}
    FROM json_to_recordset(${JSON.stringify(lines)}::json) AS row("offset" bigint, type text, data json)`)
  return entries
}
