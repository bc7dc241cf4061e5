import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { timestamp } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Epoch, Offset } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Slice } from '../../../engine/storage/list-key.ts'
import { always, byParent, type Parent, parentTable } from '../../../engine/storage/parents.ts'
import { users } from '../../users/tables.ts'
import type { RoomId } from '../ids.ts'
import type { Membership } from '../rules/room.ts'
import { members, rooms } from '../tables.ts'

/**
 * A member's read marks and the history that these offsets belong to. They are columns of the membership row, so that
 * one statement reads both; the messages feature defines their meaning and moves them.
 */
export interface PlacedMarks {
  readonly deliveredThrough: Offset
  readonly readThrough: Offset
  readonly epoch: Epoch
}

/** A current membership with the user's current name, read in one statement and therefore consistent. */
export interface MemberRecord extends Membership {
  readonly roomId: RoomId
  readonly marks: PlacedMarks
}

/** A user and a room. */
export interface MemberKey {
  readonly roomId: RoomId
  readonly userId: UserId
}

/** One user's current membership. */
export async function readMembership(
  executor: Executor,
  roomId: RoomId,
  userId: UserId,
): Promise<MemberRecord | undefined> {
  const [record] = await readMemberships(executor, [{ roomId, userId }])
  return record
}

/** The current memberships of `keys`, in that order; undefined for users who are not members. */
export async function readMemberships(
  executor: Executor,
  keys: readonly MemberKey[],
): Promise<readonly (MemberRecord | undefined)[]> {
  const records = await standing(executor).where(and(isAmong(keys), isMember))
  const found = new Map(records.map((row) => [keyOf(row), recordOf(row)]))
  return keys.map((key) => found.get(keyOf(key)))
}

/** A page of each room's members, in order of joining; fetches one more than requested, if available. */
export async function readMembers(
  executor: Executor,
  of: readonly Parent<RoomId>[],
  slice: Slice,
): Promise<readonly (readonly MemberRecord[])[]> {
  const { after } = slice
  const parents = parentTable(executor, of)
  const page = standing(executor)
    .where(
      and(
        eq(members.roomId, parents.id),
        isMember,
        after === null
          ? undefined
          : sql`(${members.joinedAt}, ${members.userId}) > (${timestamp(after.rank)}, ${after.id})`,
      ),
    )
    .orderBy(members.joinedAt, members.userId)
    .limit(slice.limit + 1)
    .as('page')
  const rows = await executor
    .select({ n: parents.n, row: page._.selectedFields })
    .from(parents)
    .innerJoinLateral(page, always)
    .orderBy(parents.n, page.joinedAt, page.userId)
  return byParent(of.length, rows).map((list) => list.map(recordOf))
}

/** The read marks of each user who is or was a member. */
export async function readMarks(
  executor: Executor,
  keys: readonly MemberKey[],
): Promise<readonly (PlacedMarks | undefined)[]> {
  const { roomId, userId, deliveredThrough, readThrough } = members
  const rows = await executor
    .select({ roomId, userId, marks: { deliveredThrough, readThrough, epoch: topics.epoch } })
    .from(members)
    .innerJoin(topics, isOfMessages)
    .where(isAmong(keys))
  const found = new Map(rows.map(({ marks, ...key }) => [keyOf(key), marks]))
  return keys.map((key) => found.get(keyOf(key)))
}

/** 0 if the room does not exist. */
export async function readMemberCounts(
  executor: Executor,
  ids: readonly RoomId[],
): Promise<readonly number[]> {
  const rows = await executor
    .select({ id: rooms.id, count: rooms.memberCount })
    .from(rooms)
    .where(sql`${rooms.id} = ANY(${sql.param(ids)})`)
  const found = new Map(rows.map(({ id, count }) => [id, count]))
  return ids.map((id) => found.get(id) ?? 0)
}

function isAmong(keys: readonly MemberKey[]): SQL {
  const roomIds = keys.map(({ roomId }) => roomId)
  const userIds = keys.map(({ userId }) => userId)
  return sql`(${members.roomId}, ${members.userId}) IN (
    SELECT * FROM unnest(${sql.param(roomIds)}::text[], ${sql.param(userIds)}::text[]))`
}

const isMember: SQL = eq(members.status, 'member')
const isOfMessages: SQL = eq(topics.topic, sql`'messages:' || ${members.roomId}`)

function standing(executor: Executor) {
  return executor
    .select({ ...getTableColumns(members), name: users.name, epoch: topics.epoch })
    .from(members)
    .innerJoin(topics, isOfMessages)
    .leftJoin(users, eq(users.id, members.userId))
    .$dynamic()
}

type Row = typeof members.$inferSelect & { readonly name: string | null; readonly epoch: Epoch }

function recordOf(row: Row): MemberRecord {
  const { roomId, userId, userName, status, role, joinedAt, mutedUntil, deliveredThrough, readThrough } = row
  return {
    roomId,
    user: { id: userId, name: row.name ?? userName },
    status,
    role,
    joinedAt,
    mutedUntil,
    marks: { deliveredThrough, readThrough, epoch: row.epoch },
  }
}

function keyOf({ roomId, userId }: MemberKey): string {
  return `${roomId}\n${userId}`
}
