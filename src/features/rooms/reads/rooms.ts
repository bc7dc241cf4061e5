import { and, desc, eq, exists, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { clock, timestamp } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Position } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Slice } from '../../../engine/storage/list-key.ts'
import type { RoomId } from '../ids.ts'
import type { Caller } from '../rules/access.ts'
import type { Room, RoomKind, RoomPhase } from '../rules/room.ts'
import { members, rooms } from '../tables.ts'
import { roomMessagesTopic, roomTopic } from '../topics.ts'
import { callersWithin, canSee, type RoomVisibilityQuery } from './visibility-checks.ts'
import { firstVisibleTo, visibleTo } from './visible.ts'

/** The heads of a room's two histories at one moment. `messages`: null on servers without the messages feature. */
export interface RoomPositions {
  readonly room: Position
  readonly messages: Position | null
}

/** A room and the positions that its state includes, read in one statement and therefore consistent. */
export interface RoomRecord {
  readonly room: Room
  readonly positions: RoomPositions
  readonly at: Instant
}

const roomHeads = alias(topics, 'room_heads')
const messagesHeads = alias(topics, 'messages_heads')
const heads = {
  roomHead: { epoch: roomHeads.epoch, offset: roomHeads.head },
  messagesHead: { epoch: messagesHeads.epoch, offset: messagesHeads.head },
}
const record = { room: rooms, ...heads, at: clock }

/** Undefined if `caller` may see no such room. */
export async function readRoom(
  executor: Executor,
  id: RoomId,
  caller: Caller,
): Promise<RoomRecord | undefined> {
  const [row] = await executor
    .select(record)
    .from(rooms)
    .innerJoin(roomHeads, eq(roomHeads.topic, roomTopic(id)))
    .leftJoin(messagesHeads, eq(messagesHeads.topic, roomMessagesTopic(id)))
    .where(and(eq(rooms.id, id), visibleTo(caller)))
  return row && recordOf(row)
}

/** The room for each query; undefined if the caller may see no such room. */
export async function readRoomsFor(
  executor: Executor,
  queries: readonly RoomVisibilityQuery[],
): Promise<readonly (RoomRecord | undefined)[]> {
  const ids = [...new Set(queries.map(({ roomId }) => roomId))]
  const rows = await executor
    .select({ ...record, within: callersWithin(queries, rooms.id) })
    .from(rooms)
    .innerJoin(roomHeads, eq(roomHeads.topic, sql`'room:' || ${rooms.id}`))
    .leftJoin(messagesHeads, eq(messagesHeads.topic, sql`'messages:' || ${rooms.id}`))
    .where(sql`${rooms.id} = ANY(${sql.param(ids)})`)
  const found = new Map(rows.map((row) => [row.room.id, row]))
  return queries.map(({ roomId, caller }) => {
    const row = found.get(roomId)
    return row !== undefined && canSee(caller, row.room, row.within) ? recordOf(row) : undefined
  })
}

export interface RoomFilter {
  readonly kind?: RoomKind | null | undefined
  readonly phase?: RoomPhase | null | undefined
  /** Only rooms that this user is a member of. */
  readonly member?: UserId | undefined
}

/** Newest first; fetches one more than requested, if available. */
export async function readRooms(
  executor: Executor,
  caller: Caller,
  filter: RoomFilter,
  slice: Slice,
): Promise<readonly RoomRecord[]> {
  const { after, limit } = slice
  const where = and(
    filter.kind ? eq(rooms.kind, filter.kind) : undefined,
    filter.phase ? eq(rooms.phase, filter.phase) : undefined,
    after === null
      ? undefined
      : sql`(${rooms.createdAt}, ${rooms.id}) < (${timestamp(after.rank)}, ${after.id})`,
  )
  const { member } = filter
  const first = firstVisibleTo(caller, { where, limit: limit + 1 })
  const isVisible =
    member === undefined
      ? first && sql`${rooms.id} = ANY(ARRAY(${first}))`
      : and(visibleTo(caller), hasMember(executor, member))
  const rows = await executor
    .select(record)
    .from(rooms)
    .innerJoin(roomHeads, eq(roomHeads.topic, sql`'room:' || ${rooms.id}`))
    .leftJoin(messagesHeads, eq(messagesHeads.topic, sql`'messages:' || ${rooms.id}`))
    .where(and(where, isVisible))
    .orderBy(desc(rooms.createdAt), desc(rooms.id))
    .limit(limit + 1)
  return rows.map(recordOf)
}

/** The current heads of both histories of each room. The rooms must exist. */
export async function readRoomPositions(
  executor: Executor,
  ids: readonly RoomId[],
): Promise<readonly RoomPositions[]> {
  const rows = await executor
    .select({ id: rooms.id, ...heads })
    .from(rooms)
    .innerJoin(roomHeads, eq(roomHeads.topic, sql`'room:' || ${rooms.id}`))
    .leftJoin(messagesHeads, eq(messagesHeads.topic, sql`'messages:' || ${rooms.id}`))
    .where(sql`${rooms.id} = ANY(${sql.param(ids)})`)
  const found = new Map(rows.map((row) => [row.id, positionsOf(row)]))
  return ids.map((id) => {
    const positions = found.get(id)
    if (positions === undefined) throw new Error(`room ${id} has no histories`)
    return positions
  })
}

function hasMember(executor: Executor, userId: UserId): SQL {
  return exists(
    executor
      .select({ one: sql`1` })
      .from(members)
      .where(and(eq(members.roomId, rooms.id), eq(members.userId, userId), eq(members.status, 'member'))),
  )
}

interface Heads {
  readonly roomHead: Position
  readonly messagesHead: Position | null
}

function positionsOf(row: Heads): RoomPositions {
  return { room: row.roomHead, messages: row.messagesHead }
}

function recordOf(row: Heads & { readonly room: Room; readonly at: Instant }): RoomRecord {
  return { room: row.room, positions: positionsOf(row), at: row.at }
}
