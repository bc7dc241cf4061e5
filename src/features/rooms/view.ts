import { once } from '../../engine/kernel/memoize.ts'
import type { Position } from '../../engine/kernel/position.ts'
import type { RoomReads } from './batched-reads.ts'
import type { RoomId } from './ids.ts'
import type { MemberRecord, PlacedMarks } from './reads/members.ts'
import type { RoomPositions, RoomRecord } from './reads/rooms.ts'
import type { Membership, Room } from './rules/room.ts'

/**
 * A room for the resolvers of the type Room: its state, and how far its two histories reach. A view answers
 * the same position however often it is asked, so that `messages` ends exactly where `messagesCursor` goes on.
 */
export interface RoomView extends Room {
  readonly roomPosition: () => Promise<Position>
  readonly messagesPosition: () => Promise<Position>
}

/** The room as read with its positions at one moment: whatever happened since comes after the cursors. */
export function roomOfRecord({ room, positions }: RoomRecord): RoomView {
  return {
    ...room,
    roomPosition: async () => positions.room,
    messagesPosition: async () => ofMessages(positions),
  }
}

/** The room as an entry carries it; its positions are those of the moment when they are first asked for. */
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

/** A member for the resolvers of the type RoomMember: whatever is asked of a view goes by the same marks. */
export interface MemberView extends Membership {
  readonly roomId: RoomId
  readonly marks: () => Promise<PlacedMarks>
}

/** The member as read with the marks at one moment. */
export function memberOfRecord({ marks, ...member }: MemberRecord): MemberView {
  return { ...member, marks: async () => marks }
}

/** The member right after a command of the room, with the marks of the moment when they are first asked for. */
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
