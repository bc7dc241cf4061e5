import { and, eq, inArray, lte, sql } from 'drizzle-orm'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { members, rooms } from '../../rooms/tables.ts'
import { type MemberMarks, RECEIPT_LIMIT } from '../rules/receipts/marks.ts'

/** The read marks of all members, by room; rooms that show no receipts are omitted. */
export async function readReceipts(
  executor: Executor,
  roomIds: readonly RoomId[],
): Promise<ReadonlyMap<RoomId, readonly MemberMarks[]>> {
  const { userId, deliveredThrough, readThrough } = members
  const rows = await executor
    .select({ roomId: rooms.id, marks: { userId, deliveredThrough, readThrough } })
    .from(rooms)
    .leftJoin(members, and(eq(members.roomId, rooms.id), eq(members.status, 'member')))
    .where(and(inArray(rooms.id, [...roomIds]), lte(rooms.memberCount, RECEIPT_LIMIT)))
  const found = new Map<RoomId, MemberMarks[]>()
  for (const { roomId, marks } of rows) {
    const known = found.get(roomId) ?? []
    if (marks !== null) known.push(marks)
    found.set(roomId, known)
  }
  return found
}

/** The messages a member has not read: those of `roomId` after `readThrough` that `userId` did not write. */
export interface Unread {
  readonly roomId: RoomId
  readonly userId: UserId
  readonly readThrough: Offset
}

/**
 * The number of messages in each of `asked`, in that order; deleted ones do not count. Each room's messages are
 * scanned once, from the lowest mark on, however many members are asked for: each message falls between two marks and
 * is unread by the members whose mark precedes it. (100 members who have read none of 100,000 messages: 30 to 50 ms,
 * against 1,450 ms when each is counted alone.)
 */
export async function readUnread(executor: Executor, asked: readonly Unread[]): Promise<readonly number[]> {
  if (asked.length === 0) return []
  const [roomIds, userIds, marks] = [
    asked.map(({ roomId }) => roomId),
    asked.map(({ userId }) => userId),
    asked.map(({ readThrough }) => readThrough),
  ]
  // OFFSET 0 keeps the planner from joining the messages of all rooms at once.
  const { rows } = await executor.execute<{ unread: number }>(sql`
    WITH asked AS MATERIALIZED (
      SELECT * FROM unnest(${sql.param(roomIds)}::text[], ${sql.param(userIds)}::text[], ${sql.param(marks)}::bigint[])
        WITH ORDINALITY AS line(r, u, t, n)),
    marks AS (SELECT r, array_agg(DISTINCT t ORDER BY t) AS marks, min(t) AS least FROM asked GROUP BY r),
    counted AS MATERIALIZED (
      SELECT r, width_bucket("offset" - 1, marks) AS place, author_id AS u, count(*) AS count
      FROM marks CROSS JOIN LATERAL (
        SELECT "offset", author_id FROM messages
        WHERE room_id = r AND "offset" > least AND deleted_at IS NULL OFFSET 0) AS later
      GROUP BY r, place, author_id),
    placed AS (SELECT n, r, u, width_bucket(t, marks) AS place FROM asked JOIN marks USING (r)),
    later AS (
      SELECT n, sum(count) AS count
      FROM placed JOIN (SELECT r, place AS at, sum(count) AS count FROM counted GROUP BY r, place) AS total USING (r)
      WHERE at >= place GROUP BY n),
    own AS (
      SELECT n, sum(count) AS count FROM placed JOIN counted USING (r, u)
      WHERE counted.place >= placed.place GROUP BY n)
    SELECT (coalesce(later.count, 0) - coalesce(own.count, 0))::int AS unread
    FROM asked LEFT JOIN later USING (n) LEFT JOIN own USING (n) ORDER BY n`)
  return rows.map(({ unread }) => unread)
}
