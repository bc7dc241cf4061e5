import { and, asc, eq, gt, inArray } from 'drizzle-orm'
import type { Offset, Position } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Database } from './database.ts'
import type { Entry } from './entry.ts'
import { entries, topics } from './schema.ts'

/** The end of a topic's history, and how far back it still reaches. */
export interface Head extends Position {
  /** Entries up to and including this offset are gone. */
  readonly floor: Offset
}

/** Reads of the ordered histories. Every method fails when the record is away. */
export interface History {
  /** Undefined where no such topic has begun. */
  head(topic: Topic): Promise<Head | undefined>
  /** The heads of those topics that have begun, in one query. */
  heads(topics: readonly Topic[]): Promise<ReadonlyMap<Topic, Head>>
  /** At most `limit` entries after `position`, in order. Fewer than asked for means that the head was reached. */
  readAfter(topic: Topic, position: Position, limit: number): Promise<readonly Entry[]>
}

export function createHistory(database: Database): History {
  const headColumns = { topic: topics.topic, epoch: topics.epoch, offset: topics.head, floor: topics.floor }
  return {
    async head(topic) {
      const [head] = await database.select(headColumns).from(topics).where(eq(topics.topic, topic))
      return head
    },

    async heads(wanted) {
      if (wanted.length === 0) return new Map()
      const rows = await database
        .select(headColumns)
        .from(topics)
        .where(inArray(topics.topic, [...wanted]))
      return new Map(rows.map((row) => [row.topic, row]))
    },

    async readAfter(topic, position, limit) {
      const rows = await database
        .select({ offset: entries.offset, at: entries.at, type: entries.type, data: entries.data })
        .from(entries)
        .where(and(eq(entries.topic, topic), gt(entries.offset, position.offset)))
        .orderBy(asc(entries.offset))
        .limit(limit)
      return rows.map((row) => ({ topic, epoch: position.epoch, ...row }))
    },
  }
}
