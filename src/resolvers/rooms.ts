import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { roomReads } from '../features/rooms/batched-reads.ts'
import { asRoomId, type RoomId, roomIds } from '../features/rooms/ids.ts'
import type { MemberRecord } from '../features/rooms/reads/members.ts'
import { type RoomFilter, type RoomRecord, readRooms } from '../features/rooms/reads/rooms.ts'
import type { RoomKind, RoomPhase } from '../features/rooms/rules/room.ts'
import { roomTopic } from '../features/rooms/topics.ts'
import { type MemberView, memberOfRecord, type RoomView, roomOfRecord } from '../features/rooms/view.ts'
import { callerOf, type Viewer } from '../platform/auth/viewer.ts'
import { type CallContext, type SharedContext, signalIn } from './context.ts'
import type { NodeLoader } from './node.ts'
import { type Connection, connectionOf, defineList, type ForwardArgs, sliceOf } from './paging.ts'
import { readFor } from './read-for.ts'

const ROOMS = defineList<RoomRecord>('rooms', ({ room }) => ({ rank: room.createdAt, id: room.id }))

const MEMBERS = defineList<MemberRecord>('members', ({ joinedAt, user }) => ({ rank: joinedAt, id: user.id }))

export async function room(args: { readonly id: string }, context: CallContext): Promise<RoomView | null> {
  const query = { roomId: asRoomId(args.id), caller: callerOf(context.viewer) }
  const record = await context.services.get(roomReads).room(query, context.signal)
  return record === undefined ? null : roomOfRecord(record)
}

export interface RoomsArgs extends ForwardArgs {
  readonly kind?: RoomKind | null | undefined
  readonly phase?: RoomPhase | null | undefined
}

/** The rooms that the caller may see, newest first. */
export function rooms(args: RoomsArgs, context: CallContext): Promise<Connection<RoomView>> {
  return listRooms(context, context.viewer, { kind: args.kind, phase: args.phase }, args)
}

/** The rooms that `viewer` is a member of, newest first. */
export function roomsOfViewer(
  viewer: Viewer,
  args: ForwardArgs,
  context: SharedContext,
): Promise<Connection<RoomView>> {
  return listRooms(context, viewer, { member: viewer.user.id }, args)
}

async function listRooms(
  context: SharedContext,
  viewer: Viewer | null,
  filter: RoomFilter,
  args: ForwardArgs,
): Promise<Connection<RoomView>> {
  const slice = sliceOf(ROOMS, args)
  const caller = callerOf(viewer)
  const records = await readFor(context, (database) => readRooms(database, caller, filter, slice))
  return connectionOf(ROOMS, slice, records, roomOfRecord)
}

/** A page of a room's members, with the room. */
export interface MemberConnection extends Connection<MemberView> {
  readonly roomId: RoomId
}

/** In order of joining. */
export async function membersOfRoom(
  { id }: RoomView,
  args: ForwardArgs,
  context: SharedContext,
): Promise<MemberConnection> {
  const page = sliceOf(MEMBERS, args)
  const members = await context.services.get(roomReads).members({ id, bound: 0, page }, signalIn(context))
  return { roomId: id, ...connectionOf(MEMBERS, page, members, memberOfRecord) }
}

export function countMembers({ roomId }: MemberConnection, context: SharedContext): Promise<number> {
  return context.services.get(roomReads).memberCount(roomId, signalIn(context))
}

export async function roomCursor(room: RoomView): Promise<Cursor> {
  return encodeCursor(roomTopic(room.id), await room.roomPosition())
}

/** The viewer's current membership. */
export async function membershipInRoom(
  { id }: RoomView,
  { services, viewer, signal }: CallContext,
): Promise<MemberView | null> {
  if (viewer === null) return null
  const record = await services.get(roomReads).membership({ roomId: id, userId: viewer.user.id }, signal)
  return record === undefined ? null : memberOfRecord(record)
}

/** The built-in rooms have bare names as well. */
export const roomNode: NodeLoader = {
  prefix: roomIds.prefix,
  typeName: 'Room',
  hasBareIds: true,
  load: (id, context) => room({ id }, context),
}
