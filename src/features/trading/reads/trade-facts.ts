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

/** The condition, on the column that tells whose it is, under which `caller` sees now what is traded in a room. */
export type TradeScope = (owner: Column) => SQL | undefined

/** Nothing, where there is no such room for `caller`. */
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

/** The condition for joining `members` to `rooms`: the caller's own place. */
export function isPlaceOf(caller: Caller): SQL | undefined {
  if (caller?.kind !== 'user') return sql`false`
  return and(eq(members.roomId, rooms.id), eq(members.userId, caller.person.id))
}

/** The room of a row with one place in it, where there is one. */
export function factsFrom(room: Room, member: typeof members.$inferSelect | null): RoomFacts {
  const places = member === null ? [] : [member]
  return { room, memberships: new Map(places.map((place) => [place.userId, memberFrom(place)])) }
}

function memberFrom(row: typeof members.$inferSelect): Membership {
  const { userId, userName, status, role, joinedAt, mutedUntil } = row
  return { user: { id: userId, name: userName }, status, role, joinedAt, mutedUntil }
}

/** A room with all its members, as of `version` of its history: whoever changes either writes the topic's row. */
export interface TradeFacts extends RoomFacts {
  readonly version: string
}

/** The room as it is now: `known` itself where nothing of it has changed. Undefined where there is none. */
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
  // What is read from here on is of this version or of a later one, which the next look tells.
  const [room] = await executor.select().from(rooms).where(eq(rooms.id, roomId))
  if (room === undefined) return undefined
  const standing = await executor
    .select()
    .from(members)
    .where(and(eq(members.roomId, roomId), eq(members.status, 'member')))
  return { version, room, memberships: new Map(standing.map((row) => [row.userId, memberFrom(row)])) }
}
