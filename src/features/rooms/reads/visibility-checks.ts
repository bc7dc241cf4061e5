import { type Column, type SQL, sql } from 'drizzle-orm'
import type { Executor } from '../../../engine/storage/database.ts'
import { statement } from '../../../engine/storage/statement.ts'
import type { RoomId } from '../ids.ts'
import { type Caller, canSeeRoom } from '../rules/access.ts'
import type { Room } from '../rules/room.ts'

/** A question whether `caller` may see a room. */
export interface RoomVisibilityQuery {
  readonly roomId: RoomId
  readonly caller: Caller
}

/** A room found for a query. */
export interface VisibilityRow {
  /** The number of the query, from 1. */
  readonly number: string
  readonly id: RoomId
  readonly kind: Room['kind']
  readonly visibility: Room['visibility']
  readonly isMember: boolean
}

/**
 * Rooms by query, where `$1` are the wanted ids and `$2` the callers' user ids: join `rooms` to `asking.wanted`, then
 * append `AND_MEMBERS`.
 */
export const FROM_CALLERS = `SELECT asking.number, rooms.id, rooms.kind, rooms.visibility, members.user_id IS NOT NULL AS "isMember"
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asking(wanted, user_id, number)`
export const AND_MEMBERS = `LEFT JOIN members ON members.room_id = rooms.id
    AND members.user_id = asking.user_id AND members.status = 'member'`
const ROOM_VISIBILITY = statement<VisibilityRow>(
  'room_visibility',
  `${FROM_CALLERS} JOIN rooms ON rooms.id = asking.wanted ${AND_MEMBERS}`,
)

/** The callers who are members of a room, for `canSee`: an array of their ids. */
export function callersWithin(
  queries: readonly { readonly caller: Caller }[],
  roomId: Column,
): SQL<string[]> {
  const users = usersOf(queries).filter((id) => id !== null)
  return sql<string[]>`ARRAY(SELECT user_id FROM members
    WHERE members.room_id = ${roomId} AND members.status = 'member' AND members.user_id = ANY(${sql.param(users)}::text[]))`
}

/** Whether `caller` sees `room`, whose members include `within`. */
export function canSee(
  caller: Caller,
  room: Pick<Room, 'kind' | 'visibility'>,
  within: readonly string[],
): boolean {
  const isMember = caller?.kind === 'user' && within.includes(caller.person.id)
  return canSeeRoom(caller, room, isMember ? { status: 'member' } : undefined)
}

/** For each, in one statement and therefore consistent, whether there is such a room for that caller. */
export async function checkRoomVisibility(
  executor: Executor,
  queries: readonly RoomVisibilityQuery[],
): Promise<readonly boolean[]> {
  const wanted = queries.map(({ roomId }) => roomId)
  const seen = roomsSeen(await ROOM_VISIBILITY(executor, wanted, usersOf(queries)), queries)
  return queries.map((_, index) => seen.has(index))
}

/** The callers' user ids, for `FROM_CALLERS`; null for visitors. */
export function usersOf(queries: readonly { readonly caller: Caller }[]): readonly (string | null)[] {
  return queries.map(({ caller }) => (caller === null || caller.kind === 'system' ? null : caller.person.id))
}

/** The visible rooms by the index of their query. */
export function roomsSeen(
  rows: readonly VisibilityRow[],
  queries: readonly { readonly caller: Caller }[],
): ReadonlyMap<number, RoomId> {
  const seen = new Map<number, RoomId>()
  for (const { number, id, isMember, ...room } of rows) {
    const index = Number(number) - 1
    const membership = isMember ? ({ status: 'member' } as const) : undefined
    if (canSeeRoom(queries[index]?.caller ?? null, room, membership)) seen.set(index, id)
  }
  return seen
}
