import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asRoomId, type RoomId } from '../engine/kernel/id.ts'
import { messagesTopic, roomTopic } from '../engine/kernel/topic.ts'
import type { AuctionPhase } from '../features/auctions/rules/auction.ts'
import type { Message } from '../features/messages/rules/message.ts'
import type { MemberRecord } from '../features/rooms/reads/members.ts'
import { type RoomFilter, type RoomRecord, readRooms } from '../features/rooms/reads/rooms.ts'
import type { RoomKind, RoomPhase } from '../features/rooms/rules/room.ts'
import { callerOf, type Viewer } from '../platform/auth/viewer.ts'
import { auctionConnection } from './auctions.ts'
import { type CallContext, type SharedContext, signalIn } from './context.ts'
import {
  type BothWaysArgs,
  type Connection,
  connectionOf,
  type ForwardArgs,
  sliceOf,
  spanConnectionOf,
  spanOf,
} from './paging.ts'
import { readFor } from './read-for.ts'
import { type AuctionView, type MemberView, memberOfRecord, type RoomView, roomOfRecord } from './views.ts'

export async function room(args: { readonly id: string }, context: CallContext): Promise<RoomView | null> {
  const sight = { roomId: asRoomId(args.id), caller: callerOf(context.viewer) }
  const record = await context.services.reads.room(sight, context.signal)
  return record === undefined ? null : roomOfRecord(record)
}

export interface RoomsArgs extends ForwardArgs {
  readonly kind?: RoomKind | null | undefined
  readonly phase?: RoomPhase | null | undefined
}

/** Newest first, of those the caller may see. */
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
  const slice = sliceOf('rooms', args)
  const caller = callerOf(viewer)
  const records = await readFor(context, (database) => readRooms(database, caller, filter, slice))
  const keyOf = ({ room }: RoomRecord) => ({ rank: room.createdAt, id: room.id })
  return connectionOf('rooms', slice, records, keyOf, roomOfRecord)
}

/** A page of a room's members, and which room's they are. */
export interface MemberConnection extends Connection<MemberView> {
  readonly roomId: RoomId
}

/** In order of joining. */
export async function membersOfRoom(
  { id }: RoomView,
  args: ForwardArgs,
  context: SharedContext,
): Promise<MemberConnection> {
  const page = sliceOf('members', args)
  const members = await context.services.reads.members({ id, bound: 0, page }, signalIn(context))
  const keyOf = ({ joinedAt, user }: MemberRecord) => ({ rank: joinedAt, id: user.id })
  return { roomId: id, ...connectionOf('members', page, members, keyOf, memberOfRecord) }
}

export function countMembers({ roomId }: MemberConnection, context: SharedContext): Promise<number> {
  return context.services.reads.memberCount(roomId, signalIn(context))
}

/** Newest last, up to where the view's `messagesCursor` goes on. */
export async function messagesOfRoom(
  room: RoomView,
  args: BothWaysArgs,
  context: SharedContext,
): Promise<Connection<Message>> {
  const page = spanOf('messages', args)
  const { offset: bound } = await room.messagesPosition()
  const messages = await context.services.reads.messages({ id: room.id, bound, page }, signalIn(context))
  const keyOf = (message: Message) => ({ rank: message.offset, id: '' })
  return spanConnectionOf('messages', page, messages, keyOf, (message) => message)
}

export interface AuctionsOfRoomArgs extends ForwardArgs {
  readonly phase?: AuctionPhase | null | undefined
}

/** Newest first. Whoever has the room may see them: nobody is asked again. */
export async function auctionsOfRoom(
  { id }: RoomView,
  args: AuctionsOfRoomArgs,
  context: SharedContext,
): Promise<Connection<AuctionView>> {
  const slice = sliceOf('auctions', args)
  const page = { phase: args.phase ?? null, slice }
  const records = await context.services.reads.auctionsOfRoom({ id, bound: 0, page }, signalIn(context))
  return auctionConnection(slice, records)
}

export async function roomCursor(room: RoomView): Promise<Cursor> {
  return encodeCursor(roomTopic(room.id), await room.roomPosition())
}

export async function messagesCursor(room: RoomView): Promise<Cursor> {
  return encodeCursor(messagesTopic(room.id), await room.messagesPosition())
}

/** The viewer's own standing membership. */
export async function membershipInRoom(
  { id }: RoomView,
  { services, viewer, signal }: CallContext,
): Promise<MemberView | null> {
  if (viewer === null) return null
  const record = await services.reads.membership({ roomId: id, userId: viewer.user.id }, signal)
  return record === undefined ? null : memberOfRecord(record)
}
