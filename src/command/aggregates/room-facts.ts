import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import type { Membership, Room, RoomFacts } from '../../domain/room/room.ts'
import type { RoomId } from '../../kernel/id.ts'
import type { Executor, Transaction } from '../../log/database.ts'
import { members, rooms } from '../../log/schema.ts'
import { prepared } from '../../log/statement.ts'
import type { Command } from '../commands.ts'

const queryFacts = (executor: Executor) =>
  executor
    .select({ room: getTableColumns(rooms), member: getTableColumns(members) })
    .from(rooms)
    .leftJoin(
      members,
      and(eq(members.roomId, rooms.id), sql`${members.userId} = ANY(${sql.placeholder('userIds')}::text[])`),
    )
    .where(eq(rooms.id, sql.placeholder('roomId')))
const FACTS = prepared((executor) => queryFacts(executor).prepare('room_facts'))
const LOCKED_FACTS = prepared((executor) =>
  queryFacts(executor).for('share', { of: rooms }).prepare('locked_room_facts'),
)

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
  const query = lock === 'share' ? LOCKED_FACTS(tx) : FACTS(tx)
  const rows = await query.execute({ roomId, userIds: [...new Set(userIds)] })
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
