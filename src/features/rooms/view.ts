import { once } from '../../engine/kernel/memoize.ts'
import type { Position } from '../../engine/kernel/position.ts'
import type { RoomReads } from './batched-reads.ts'
import type { RoomId } from './ids.ts'
import type { MemberRecord, PlacedMarks } from './reads/members.ts'
import type { RoomPositions, RoomRecord } from './reads/rooms.ts'
import type { Membership, Room } from './rules/room.ts'

/**
 * A room for the resolvers of type Room: its state and the heads of its two histories. A view always returns the same
 * position, so that `messages` ends exactly where `messagesCursor` continues.
 */
export interface RoomView extends Room {
  readonly roomPosition: () => Promise<Position>
  readonly messagesPosition: () => Promise<Position>
}

/** The room as read together with its positions: anything later comes after the cursors. */
export function roomOfRecord({ room, positions }: RoomRecord): RoomView {
  return {
    ...room,
    roomPosition: async () => positions.room,
    messagesPosition: async () => ofMessages(positions),
  }
}

/** The room as an entry carries it; its positions are read lazily, once. */
export function roomOfEntry(reads: Pick<RoomReads, 'roomPositions'>, room: Room): RoomView {
  const positions = once(() => reads.roomPositions(room.id))
  return {
    ...room,
    roomPosition: async () => (await positions()).room,
    messagesPosition: async () => ofMessages(await positions()),
  }
}

/** The room right after the command that ended at `position` of its history. */
export function roomAfterCommand(
  reads: Pick<RoomReads, 'roomPositions'>,
  room: Room,
  position: Position,
): RoomView {
  return { ...roomOfEntry(reads, room), roomPosition: async () => position }
}

/** A member for the resolvers of type RoomMember: all fields of a view use the same marks. */
export interface MemberView extends Membership {
  readonly roomId: RoomId
  readonly marks: () => Promise<PlacedMarks>
}

/** The member as read together with the marks. */
export function memberOfRecord({ marks, ...member }: MemberRecord): MemberView {
  return { ...member, marks: async () => marks }
}

/** The member right after a room command; the marks are read lazily, once. */
export function memberAfterCommand(
  reads: Pick<RoomReads, 'marks'>,
  roomId: RoomId,
  membership: Membership,
): MemberView {
  const marks = once(async () => {
    const found = await reads.marks({ roomId, userId: membership.user.id })
    if (found === undefined) throw new Error(`${membership.user.id} was never in room ${roomId}`)
    return found
  })
  return { ...membership, roomId, marks }
}

function ofMessages({ messages }: RoomPositions): Position {
  if (messages === null) throw new Error('this server has no messages')
  return messages
}
