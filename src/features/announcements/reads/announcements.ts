import {
  and,
  asc,
  desc,
  eq,
  exists,
  getTableColumns,
  gt,
  inArray,
  isNotNull,
  isNull,
  or,
  type SQL,
  sql,
} from 'drizzle-orm'
import { QueryBuilder } from 'drizzle-orm/pg-core'
import { clock } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Position } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Slice } from '../../../engine/storage/list-key.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { visibleTo } from '../../rooms/reads/visible.ts'
import type { Caller } from '../../rooms/rules/access.ts'
import { rooms } from '../../rooms/tables.ts'
import type { AnnouncementId } from '../ids.ts'
import { canSeeAnnouncement } from '../rules/access.ts'
import { type Announcement, AUDIENCES } from '../rules/announcement.ts'
import { announcements } from '../tables.ts'
import { announcementsTopic } from '../topics.ts'

/** An announcement, and where it stands in the list of all. */
export interface AnnouncementRecord {
  readonly announcement: Announcement
  readonly rank: number
}

/** Also one that was taken back or has expired; undefined where there is none for `caller`. */
export async function readAnnouncement(
  executor: Executor,
  id: AnnouncementId,
  caller: Caller,
): Promise<Announcement | undefined> {
  const [row] = await executor
    .select()
    .from(announcements)
    .where(and(eq(announcements.id, id), meantFor(caller)))
  return row && announcementOf(row)
}

/** Those in force, newest first; one more than asked for, where there is one. */
export async function readAnnouncements(
  executor: Executor,
  caller: Caller,
  slice: Slice,
): Promise<readonly AnnouncementRecord[]> {
  const { after } = slice
  const rows = await executor
    .select()
    .from(announcements)
    .where(
      and(
        inForce(),
        meantFor(caller),
        after === null ? undefined : sql`${announcements.offset} < ${after.rank}::bigint`,
      ),
    )
    .orderBy(desc(announcements.offset))
    .limit(slice.limit + 1)
  return rows.map((row) => ({ announcement: announcementOf(row), rank: row.offset }))
}

/** The last `count` in force, newest last, and the position that includes them: one statement, one moment. */
export async function readAnnouncementsInForce(
  executor: Executor,
  caller: Caller,
  count: number,
): Promise<{
  readonly position: Position
  readonly at: Instant
  readonly announcements: readonly Announcement[]
}> {
  const last = executor
    .select(getTableColumns(announcements))
    .from(announcements)
    .where(and(inForce(), meantFor(caller)))
    .orderBy(desc(announcements.offset))
    .limit(count)
    .as('last')
  const rows = await executor
    .select({ epoch: topics.epoch, offset: topics.head, at: clock, announcement: last._.selectedFields })
    .from(topics)
    .leftJoin(last, eq(topics.topic, announcementsTopic))
    .where(eq(topics.topic, announcementsTopic))
    .orderBy(asc(last.offset))
  const [head] = rows
  if (head === undefined) throw new Error('the history of announcements has not begun')
  const found = rows.flatMap((row) => (row.announcement === null ? [] : [announcementOf(row.announcement)]))
  return { position: { epoch: head.epoch, offset: head.offset }, at: head.at, announcements: found }
}

/** The rooms that announcements in force are meant for. */
export async function readRoomsWithAnnouncements(executor: Executor): Promise<readonly RoomId[]> {
  const rows = await executor
    .selectDistinct({ roomId: announcements.roomId })
    .from(announcements)
    .where(and(inForce(), isNotNull(announcements.roomId)))
  return rows.flatMap(({ roomId }) => roomId ?? [])
}

/** `isInForce`, by the database's clock. */
function inForce(): SQL | undefined {
  const isLasting = or(isNull(announcements.expiresAt), gt(announcements.expiresAt, sql`clock_timestamp()`))
  return and(isNull(announcements.retractedAt), isLasting)
}

/** `canSeeAnnouncement`, asked for every audience; a room's by whether the caller sees the room. */
function meantFor(caller: Caller): SQL | undefined {
  const open = AUDIENCES.filter((audience) => canSeeAnnouncement(caller, { audience }, undefined))
  const room = new QueryBuilder()
    .select({ one: sql`1` })
    .from(rooms)
    .where(and(eq(rooms.id, announcements.roomId), visibleTo(caller)))
  return or(inArray(announcements.audience, open), and(eq(announcements.audience, 'ROOM'), exists(room)))
}

function announcementOf({ offset: _rank, ...shown }: typeof announcements.$inferSelect): Announcement {
  return shown
}
