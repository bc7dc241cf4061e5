import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { UserId } from '../kernel/id.ts'
import type { Epoch, Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { instantColumn } from '../storage/instant-column.ts'

/** One row per topic. Its row lock orders the commits of the topic; its head is the last assigned offset. */
export const topics = pgTable('topics', {
  topic: text().$type<Topic>().primaryKey(),
  epoch: bigint({ mode: 'number' }).$type<Epoch>().notNull(),
  head: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  /** Entries up to and including this offset have been deleted. */
  floor: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  /** When the last batch was written. The times of a topic's entries never decrease. */
  writtenAt: instantColumn('written_at').notNull(),
  /** Random; changes with each write. See `TOPIC_VERSION`. */
  version: bigint({ mode: 'number' }).notNull().default(0),
})

/** One row: the identity of the database that last wrote the history (`identity.ts`). A copy that runs elsewhere differs. */
export const historyIdentity = pgTable(
  'history_identity',
  {
    id: integer().primaryKey(),
    /** Random; changes whenever all epochs are renewed. */
    incarnation: text().notNull(),
    system: text(),
    timeline: text(),
    databaseOid: text('database_oid').notNull(),
    tableOid: text('table_oid').notNull(),
    renewedAt: instantColumn('renewed_at').notNull(),
  },
  (t) => [check('history_identity_one_row', sql`${t.id} = 1`)],
)

/**
 * The history itself. Append-only with one exception: `eraseMessages` removes the content of deleted messages. `data` is
 * the input of the family's source.
 */
export const entries = pgTable(
  'entries',
  {
    topic: text().$type<Topic>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    at: instantColumn('at').notNull(),
    type: text().notNull(),
    data: json().$type<object>().notNull(),
    /** The issuer of the command; null for the server itself. */
    actorId: text('actor_id').$type<UserId>(),
  },
  (t) => [
    primaryKey({ columns: [t.topic, t.offset] }),
    index('entries_at').on(t.at),
    /** For erasing all versions of a message. */
    index('entries_edited').on(t.topic, t.offset).where(sql`type = 'MessageEdited'`),
  ],
)

/** The result of a command with an idempotency key, written in the transaction of its effect. */
export const idempotency = pgTable(
  'idempotency',
  {
    caller: text().notNull(),
    key: text().notNull(),
    /** A hash of the whole input: reusing the key with another input is refused. */
    fingerprint: text().notNull(),
    topic: text().$type<Topic>().notNull(),
    epoch: bigint({ mode: 'number' }).$type<Epoch>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    reply: json().$type<object>().notNull(),
    at: instantColumn('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.caller, t.key] }), index('idempotency_at').on(t.at)],
)

/**
 * The `reportedAt` of the latest accepted report for each subject of a topic, or its time of arrival if it has none.
 * Older reports are stale. Subjects without reports since the creation of this table have no row.
 */
export const reportTimes = pgTable(
  'report_times',
  {
    topic: text().$type<Topic>().notNull(),
    subject: text().notNull(),
    reportedAt: instantColumn('reported_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.topic, t.subject] })],
)

/** When a topic is next due for a command by the server: an opening, closing or end. */
export const deadlines = pgTable(
  'deadlines',
  {
    topic: text().$type<Topic>().primaryKey(),
    dueAt: instantColumn('due_at').notNull(),
  },
  (t) => [index('deadlines_due').on(t.dueAt)],
)
