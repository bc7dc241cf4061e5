import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { Marks } from '../../domain/receipt/marks.ts'
import type { Membership } from '../../domain/room/room.ts'
import type { RoomId, UserId } from '../../kernel/id.ts'
import type { Epoch } from '../../kernel/position.ts'
import type { Executor } from '../database.ts'
import { members, rooms, topics, users } from '../schema.ts'
import { timestamp } from './columns.ts'
import type { Slice } from './list-key.ts'

/** A member's marks, and the history of messages that they lie in. */
export interface PlacedMarks extends Marks {
  readonly epoch: Epoch
}

/** A standing membership with the user's present name, from one statement and so of one moment. */
export interface MemberRecord extends Membership {
  readonly roomId: RoomId
  readonly marks: PlacedMarks
}

/** A user's place in a room. */
export interface MemberKey {
  readonly roomId: RoomId
  readonly userId: UserId
}

/** One user's standing membership. */
export async function readMembership(
  executor: Executor,
  roomId: RoomId,
  userId: UserId,
): Promise<MemberRecord | undefined> {
  const [record] = await readMemberships(executor, [{ roomId, userId }])
  return record
}

/** The standing memberships at `keys`, in that order; undefined where there is none. */
export async function readMemberships(
  executor: Executor,
  keys: readonly MemberKey[],
): Promise<readonly (MemberRecord | undefined)[]> {
  const roomIds = keys.map(({ roomId }) => roomId)
  const userIds = keys.map(({ userId }) => userId)
  const isWanted = sql`(${members.roomId}, ${members.userId}) IN (
    SELECT * FROM unnest(${sql.param(roomIds)}::text[], ${sql.param(userIds)}::text[]))`
  const records = await standing(executor).where(and(isWanted, isMember))
  const found = new Map(records.map((row) => [keyOf(row.member), recordOf(row)]))
  return keys.map((key) => found.get(keyOf(key)))
}

/** In order of joining; one more than asked for, where there is one. */
export async function readMembers(
  executor: Executor,
  roomId: RoomId,
  slice: Slice,
): Promise<readonly MemberRecord[]> {
  const { after } = slice
  const rows = await standing(executor)
    .where(
      and(
        eq(members.roomId, roomId),
        isMember,
        after === null
          ? undefined
          : sql`(${members.joinedAt}, ${members.userId}) > (${timestamp(after.rank)}, ${after.id})`,
      ),
    )
    .orderBy(members.joinedAt, members.userId)
    .limit(slice.limit + 1)
  return rows.map(recordOf)
}

/** The user's marks, where they are or were a member. */
export async function readMarks(
  executor: Executor,
  roomId: RoomId,
  userId: UserId,
): Promise<PlacedMarks | undefined> {
  const { deliveredThrough, readThrough } = members
  const [marks] = await executor
    .select({ deliveredThrough, readThrough, epoch: topics.epoch })
    .from(members)
    .innerJoin(topics, isOfMessages)
    .where(and(eq(members.roomId, roomId), eq(members.userId, userId)))
  return marks
}

export async function readMemberCount(executor: Executor, roomId: RoomId): Promise<number> {
  const [row] = await executor.select({ count: rooms.memberCount }).from(rooms).where(eq(rooms.id, roomId))
  return row?.count ?? 0
}

const isMember: SQL = eq(members.status, 'member')
const isOfMessages: SQL = eq(topics.topic, sql`'messages:' || ${members.roomId}`)

function standing(executor: Executor) {
  return executor
    .select({ member: getTableColumns(members), name: users.name, epoch: topics.epoch })
    .from(members)
    .innerJoin(topics, isOfMessages)
    .leftJoin(users, eq(users.id, members.userId))
    .$dynamic()
}

interface Row {
  readonly member: typeof members.$inferSelect
  readonly name: string | null
  readonly epoch: Epoch
}

function recordOf({ member, name, epoch }: Row): MemberRecord {
  const { roomId, userId, userName, status, role, joinedAt, mutedUntil, deliveredThrough, readThrough } =
    member
  return {
    roomId,
    user: { id: userId, name: name ?? userName },
    status,
    role,
    joinedAt,
    mutedUntil,
    marks: { deliveredThrough, readThrough, epoch },
  }
}

function keyOf({ roomId, userId }: MemberKey): string {
  return `${roomId}\n${userId}`
}
