import { and, type Column, eq, type SQL, sql } from 'drizzle-orm'
import { TOPIC_VERSION } from '../../../engine/history/topic-version.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { visibleTo } from '../../rooms/reads/visible.ts'
import type { Caller } from '../../rooms/rules/access.ts'
import type { Membership, Room, RoomFacts } from '../../rooms/rules/room.ts'
import { members, rooms } from '../../rooms/tables.ts'
import { roomTopic } from '../../rooms/topics.ts'
import { disclosureLevelOf } from '../rules/access.ts'

/** SQL condition, on the owner column, for the trades in a room that `caller` may see now. */
export type TradeScope = (owner: Column) => SQL | undefined

/** Matches nothing if `caller` does not see the room. */
export async function readTradeScope(
  executor: Executor,
  roomId: RoomId,
  caller: Caller,
): Promise<TradeScope> {
  const [row] = await executor
    .select({ room: rooms, member: members })
    .from(rooms)
    .leftJoin(members, isPlaceOf(caller))
    .where(and(eq(rooms.id, roomId), visibleTo(caller)))
  const level = row === undefined ? 'none' : disclosureLevelOf(caller, factsFrom(row.room, row.member))
  if (level === 'all') return () => undefined
  const isOwn = level === 'own' && caller?.kind === 'user'
  return isOwn ? (owner) => eq(owner, caller.person.id) : () => sql`false`
}

/** SQL condition for joining `members` to `rooms`: the caller's own membership. */
export function isPlaceOf(caller: Caller): SQL | undefined {
  if (caller?.kind !== 'user') return sql`false`
  return and(eq(members.roomId, rooms.id), eq(members.userId, caller.person.id))
}

/** The room of a row, with its one membership, if any. */
export function factsFrom(room: Room, member: typeof members.$inferSelect | null): RoomFacts {
  const places = member === null ? [] : [member]
  return { room, memberships: new Map(places.map((place) => [place.userId, memberFrom(place)])) }
}

function memberFrom(row: typeof members.$inferSelect): Membership {
  const { userId, userName, status, role, joinedAt, mutedUntil } = row
  return { user: { id: userId, name: userName }, status, role, joinedAt, mutedUntil }
}

/** A room with all its members, as of `version` of its history: every change of either writes the topic's row. */
export interface TradeFacts extends RoomFacts {
  readonly version: string
}

/** The current room, or `known` itself if nothing has changed. Undefined if the room does not exist. */
export async function readTradeFacts(
  executor: Executor,
  roomId: RoomId,
  known: TradeFacts | undefined,
): Promise<TradeFacts | undefined> {
  const { rows: found } = await executor.execute<{ version: string }>(
    sql`SELECT ${sql.raw(TOPIC_VERSION)} AS version FROM topics WHERE topic = ${roomTopic(roomId)}`,
  )
  const version = found[0]?.version
  if (version === undefined || version === known?.version) return known
  // The reads below return this version or a later one; the next check detects the latter.
  const [room] = await executor.select().from(rooms).where(eq(rooms.id, roomId))
  if (room === undefined) return undefined
  const standing = await executor
    .select()
    .from(members)
    .where(and(eq(members.roomId, roomId), eq(members.status, 'member')))
  return { version, room, memberships: new Map(standing.map((row) => [row.userId, memberFrom(row)])) }
}
