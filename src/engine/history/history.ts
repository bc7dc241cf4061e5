import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Offset, Position } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Database } from '../storage/database.ts'
import { prepared } from '../storage/statement.ts'
import type { Entry } from './entry.ts'
import { entries, topics } from './tables.ts'

/** The end of a topic's history, and the oldest position that it still reaches. */
export interface Head extends Position {
  /** Entries up to and including this offset have been deleted. */
  readonly floor: Offset
}

/** Reads of the ordered histories. Every method rejects while the database is unavailable. */
export interface History {
  /** Undefined if the topic does not exist. */
  head(topic: Topic): Promise<Head | undefined>
  /** The heads of the topics that exist, in one query. */
  heads(topics: readonly Topic[]): Promise<ReadonlyMap<Topic, Head>>
  /**
   * At most `limit` entries after `position`, in order. Fewer than `limit` mean that the head was reached; none may also
   * mean that the topic has another epoch.
   */
  readAfter(topic: Topic, position: Position, limit: number): Promise<readonly Entry[]>
}

const headColumns = { topic: topics.topic, epoch: topics.epoch, offset: topics.head, floor: topics.floor }

const HEADS = prepared((executor) =>
  executor
    .select(headColumns)
    .from(topics)
    .where(sql`${topics.topic} = ANY(${sql.placeholder('wanted')}::text[])`)
    .prepare('heads'),
)

const AFTER = prepared((executor) =>
  executor
    .select({ offset: entries.offset, at: entries.at, type: entries.type, data: entries.data })
    .from(entries)
    .where(
      and(
        eq(entries.topic, sql.placeholder('topic')),
        gt(entries.offset, sql.placeholder('offset')),
        // A history replaced since the position was read has different entries at the same offsets.
        sql`EXISTS (SELECT FROM ${topics} WHERE ${topics.topic} = ${sql.placeholder('topic')} AND ${topics.epoch} = ${sql.placeholder('epoch')})`,
      ),
    )
    .orderBy(asc(entries.offset))
    .limit(sql.placeholder('limit'))
    .prepare('entries_after'),
)

export function createHistory(database: Database): History {
  return {
    async head(topic) {
      const [head] = await HEADS(database).execute({ wanted: [topic] })
      return head
    },

    async heads(wanted) {
      if (wanted.length === 0) return new Map()
      const rows = await HEADS(database).execute({ wanted })
      return new Map(rows.map((row) => [row.topic, row]))
    },

    async readAfter(topic, { epoch, offset }, limit) {
      const rows = await AFTER(database).execute({ topic, epoch, offset, limit })
      return rows.map((row) => ({ topic, epoch, ...row }))
    },
  }
}
