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

/** An announcement and its position in the list of all announcements. */
export interface AnnouncementRecord {
  readonly announcement: Announcement
  readonly rank: number
}

/** Includes retracted and expired announcements; undefined if none is visible to `caller`. */
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

/** Active announcements, newest first; fetches one more than requested, if available. */
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

/**
 * The last `count` active ones, newest last, and the position that includes them, read in one statement and therefore
 * consistent.
 */
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
  if (head === undefined) throw new Error('the history of announcements does not exist')
  const found = rows.flatMap((row) => (row.announcement === null ? [] : [announcementOf(row.announcement)]))
  return { position: { epoch: head.epoch, offset: head.offset }, at: head.at, announcements: found }
}

/** The rooms that active announcements address. */
export async function readRoomsWithAnnouncements(executor: Executor): Promise<readonly RoomId[]> {
  const rows = await executor
    .selectDistinct({ roomId: announcements.roomId })
    .from(announcements)
    .where(and(inForce(), isNotNull(announcements.roomId)))
  return rows.flatMap(({ roomId }) => roomId ?? [])
}

/** `isInForce` as an SQL condition, by the database's clock. */
function inForce(): SQL | undefined {
  const isLasting = or(isNull(announcements.expiresAt), gt(announcements.expiresAt, sql`clock_timestamp()`))
  return and(isNull(announcements.retractedAt), isLasting)
}

/**
 * `canSeeAnnouncement` as an SQL condition, evaluated for every audience; a room's audience depends on whether the
 * caller sees the room.
 */
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
