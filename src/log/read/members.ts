import { and, eq, sql } from 'drizzle-orm'
import type { Membership } from '../../domain/room/room.ts'
import type { RoomId, UserId } from '../../kernel/id.ts'
import type { Executor } from '../database.ts'
import { members, rooms, users } from '../schema.ts'
import { timestamp } from './columns.ts'
import type { Slice } from './list-key.ts'

/** One user's standing membership, with the user's present name. */
export async function readMembership(
  executor: Executor,
  roomId: RoomId,
  userId: UserId,
): Promise<Membership | undefined> {
  const [row] = await executor
    .select({ member: members, name: users.name })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.roomId, roomId), eq(members.userId, userId), eq(members.status, 'member')))
  return row && membershipOf(row)
}

/** In order of joining, with present names; one more than asked for, where there is one. */
export async function readMembers(
  executor: Executor,
  roomId: RoomId,
  slice: Slice,
): Promise<readonly Membership[]> {
  const { after } = slice
  const rows = await executor
    .select({ member: members, name: users.name })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(
      and(
        eq(members.roomId, roomId),
        eq(members.status, 'member'),
        after === null
          ? undefined
          : sql`(${members.joinedAt}, ${members.userId}) > (${timestamp(after.rank)}, ${after.id})`,
      ),
    )
    .orderBy(members.joinedAt, members.userId)
    .limit(slice.limit + 1)
  return rows.map(membershipOf)
}

export async function readMemberCount(executor: Executor, roomId: RoomId): Promise<number> {
  const [row] = await executor.select({ count: rooms.memberCount }).from(rooms).where(eq(rooms.id, roomId))
  return row?.count ?? 0
}

function membershipOf(row: {
  readonly member: typeof members.$inferSelect
  readonly name: string | null
}): Membership {
  const { userId, userName, status, role, joinedAt, mutedUntil } = row.member
  return { user: { id: userId, name: row.name ?? userName }, status, role, joinedAt, mutedUntil }
}
