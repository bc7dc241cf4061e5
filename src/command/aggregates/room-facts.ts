import { and, eq, getTableColumns, inArray } from 'drizzle-orm'
import type { Membership, Room, RoomFacts } from '../../domain/room/room.ts'
import type { RoomId } from '../../kernel/id.ts'
import { asUserId } from '../../kernel/id.ts'
import type { Transaction } from '../../log/database.ts'
import { members, rooms } from '../../log/schema.ts'
import type { Command } from '../commands.ts'

/**
 * The room and the memberships of `userIds` in it, where they exist; undefined where there is no such room. With
 * `share` the room's own row stays as it is until the transaction ends: what is decided by its phase is decided before
 * or after the room ends, never beside it.
 */
export async function loadRoomFacts(
  tx: Transaction,
  roomId: RoomId,
  userIds: readonly string[],
  lock: 'share' | 'none' = 'none',
): Promise<RoomFacts | undefined> {
  const wanted = [...new Set(userIds)].map(asUserId)
  const query = tx
    .select({ room: getTableColumns(rooms), member: getTableColumns(members) })
    .from(rooms)
    .leftJoin(members, and(eq(members.roomId, rooms.id), inArray(members.userId, wanted)))
    .where(eq(rooms.id, roomId))
  const rows = await (lock === 'share' ? query.for('share', { of: rooms }) : query)
  const [first] = rows
  if (first === undefined) return undefined
  const memberships = rows.flatMap(({ member }): [string, Membership][] =>
    member === null ? [] : [[member.userId, membershipFrom(member)]],
  )
  return { room: first.room satisfies Room, memberships: new Map(memberships) }
}

function membershipFrom({ userId, userName, ...row }: typeof members.$inferSelect): Membership {
  const { status, role, joinedAt, mutedUntil } = row
  return { user: { id: userId, name: userName }, status, role, joinedAt, mutedUntil }
}

/** Those who give `commands`, each once. */
export function actorsOf(commands: readonly Command<unknown>[]): readonly string[] {
  return commands.flatMap(({ actor }) => (actor.kind === 'user' ? [actor.person.id] : []))
}
