import type { Viewer } from '../auth/viewer.ts'
import { SYSTEM } from '../domain/actor.ts'
import type { AuctionPhase } from '../domain/auction/auction.ts'
import type { Message } from '../domain/message/message.ts'
import type { RoomKind, RoomPhase } from '../domain/room/room.ts'
import { type Cursor, encodeCursor } from '../kernel/cursor.ts'
import { asRoomId, type RoomId } from '../kernel/id.ts'
import { messagesTopic, roomTopic } from '../kernel/topic.ts'
import { readAuctions } from '../log/read/auctions.ts'
import { type MemberRecord, readMemberCount, readMembers } from '../log/read/members.ts'
import { readMessages } from '../log/read/messages.ts'
import { type RoomFilter, type RoomRecord, readRoom, readRooms } from '../log/read/rooms.ts'
import { auctionConnection } from './auctions.ts'
import { callerOf } from './caller.ts'
import type { CallContext, SharedContext } from './context.ts'
import {
  type BothWaysArgs,
  type Connection,
  connectionOf,
  type ForwardArgs,
  sliceOf,
  spanConnectionOf,
  spanOf,
} from './paging.ts'
import { type AuctionView, type MemberView, memberOfRecord, type RoomView, roomOfRecord } from './views.ts'

export async function room(args: { readonly id: string }, context: CallContext): Promise<RoomView | null> {
  const record = await readRoom(context.services.database, asRoomId(args.id), callerOf(context.viewer))
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
  { services }: SharedContext,
  viewer: Viewer | null,
  filter: RoomFilter,
  args: ForwardArgs,
): Promise<Connection<RoomView>> {
  const slice = sliceOf('rooms', args)
  const records = await readRooms(services.database, callerOf(viewer), filter, slice)
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
  { services }: SharedContext,
): Promise<MemberConnection> {
  const slice = sliceOf('members', args)
  const members = await readMembers(services.database, id, slice)
  const keyOf = ({ joinedAt, user }: MemberRecord) => ({ rank: joinedAt, id: user.id })
  return { roomId: id, ...connectionOf('members', slice, members, keyOf, memberOfRecord) }
}

export function countMembers({ roomId }: MemberConnection, { services }: SharedContext): Promise<number> {
  return readMemberCount(services.database, roomId)
}

/** Newest last, up to where the view's `messagesCursor` goes on. */
export async function messagesOfRoom(
  room: RoomView,
  args: BothWaysArgs,
  { services }: SharedContext,
): Promise<Connection<Message>> {
  const span = spanOf('messages', args)
  const { offset } = await room.messagesPosition()
  const messages = await readMessages(services.database, room.id, offset, span)
  const keyOf = (message: Message) => ({ rank: message.offset, id: '' })
  return spanConnectionOf('messages', span, messages, keyOf, (message) => message)
}

export interface AuctionsOfRoomArgs extends ForwardArgs {
  readonly phase?: AuctionPhase | null | undefined
}

/** Newest first. Whoever has the room may see them: nobody is asked again. */
export async function auctionsOfRoom(
  { id }: RoomView,
  args: AuctionsOfRoomArgs,
  { services }: SharedContext,
): Promise<Connection<AuctionView>> {
  const slice = sliceOf('auctions', args)
  const filter = { roomId: id, phase: args.phase }
  return auctionConnection(slice, await readAuctions(services.database, SYSTEM, filter, slice))
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
  { services, viewer }: CallContext,
): Promise<MemberView | null> {
  if (viewer === null) return null
  const record = await services.reads.membership({ roomId: id, userId: viewer.user.id })
  return record === undefined ? null : memberOfRecord(record)
}
