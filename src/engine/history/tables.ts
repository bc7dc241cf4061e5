import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { UserId } from '../kernel/id.ts'
import type { Epoch, Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { instantColumn } from '../storage/instant-column.ts'

/** One row a topic: its row lock orders the commits of a topic, its head is the last offset given. */
export const topics = pgTable('topics', {
  topic: text().$type<Topic>().primaryKey(),
  epoch: bigint({ mode: 'number' }).$type<Epoch>().notNull(),
  head: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  /** Entries up to and including this offset are gone. */
  floor: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  /** When the last batch was written: entries of one topic never go back in time. */
  writtenAt: instantColumn('written_at').notNull(),
  /** Random, and another after each write: see `TOPIC_VERSION`. */
  version: bigint({ mode: 'number' }).notNull().default(0),
})

/** One row: the database that wrote the history last (`identity.ts`). A copy that runs elsewhere differs from it. */
export const historyIdentity = pgTable(
  'history_identity',
  {
    id: integer().primaryKey(),
    /** Random; a new one whenever all epochs were renewed. */
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
 * The history itself, append-only but for one exception: `eraseMessages` takes the content out of messages that were
 * deleted. `data` is what the family's source presents.
 */
export const entries = pgTable(
  'entries',
  {
    topic: text().$type<Topic>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    at: instantColumn('at').notNull(),
    type: text().notNull(),
    data: json().$type<object>().notNull(),
    /** Who gave the command; null where the server itself did. */
    actorId: text('actor_id').$type<UserId>(),
  },
  (t) => [
    primaryKey({ columns: [t.topic, t.offset] }),
    index('entries_at').on(t.at),
    /** For erasing all versions of a message. */
    index('entries_edited').on(t.topic, t.offset).where(sql`type = 'MessageEdited'`),
  ],
)

/** What a caller's key has done, written in the transaction of its effect. */
export const idempotency = pgTable(
  'idempotency',
  {
    caller: text().notNull(),
    key: text().notNull(),
    /** A hash of the whole input: the same key with another input is refused. */
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
 * The `reportedAt` of the latest report accepted for each subject of a topic; of a report without one, when it arrived.
 * Older reports are stale. Subjects that nothing was reported of since this table exists have no row.
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

/** When the server must look at a topic of its own accord: the next opening, closing or end. */
export const deadlines = pgTable(
  'deadlines',
  {
    topic: text().$type<Topic>().primaryKey(),
    dueAt: instantColumn('due_at').notNull(),
  },
  (t) => [index('deadlines_due').on(t.dueAt)],
)
