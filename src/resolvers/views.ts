import type { AuctionId, RoomId } from '../engine/kernel/id.ts'
import { once } from '../engine/kernel/memoize.ts'
import type { Position } from '../engine/kernel/position.ts'
import type { AuctionRecord } from '../features/auctions/reads/auctions.ts'
import type { AuctionStanding, AuctionTerms } from '../features/auctions/rules/auction.ts'
import type { MemberRecord, PlacedMarks } from '../features/rooms/reads/members.ts'
import type { RoomRecord } from '../features/rooms/reads/rooms.ts'
import type { Membership, Room } from '../features/rooms/rules/room.ts'
import type { SharedReads } from './batched-reads.ts'

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
    messagesPosition: async () => positions.messages,
  }
}

/** The room as an entry carries it; its positions are those of the moment when they are first asked for. */
export function roomOfEntry(reads: SharedReads, room: Room): RoomView {
  const positions = once(() => reads.roomPositions(room.id))
  return {
    ...room,
    roomPosition: async () => (await positions()).room,
    messagesPosition: async () => (await positions()).messages,
  }
}

/** The room right after the command that ended at `position` of its history. */
export function roomAfterCommand(reads: SharedReads, room: Room, position: Position): RoomView {
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
export function memberAfterCommand(reads: SharedReads, roomId: RoomId, membership: Membership): MemberView {
  const marks = once(async () => {
    const found = await reads.marks({ roomId, userId: membership.user.id })
    if (found === undefined) throw new Error(`${membership.user.id} was never in room ${roomId}`)
    return found
  })
  return { ...membership, roomId, marks }
}

/** An auction for the resolvers of the type Auction. `terms` hold the reserve: no field may show that. */
export interface AuctionView {
  readonly id: AuctionId
  readonly terms: AuctionTerms
  readonly standing: AuctionStanding
  readonly position: () => Promise<Position>
  /** The sequence of the last bid that `bids` lists. */
  readonly lastBid: () => Promise<number>
}

/** The auction as read with its head at one moment: whatever happened since comes after the cursor. */
export function auctionOfRecord({ terms, standing, head }: AuctionRecord): AuctionView {
  return {
    id: terms.id,
    terms,
    standing,
    position: async () => head.position,
    lastBid: async () => head.lastBid,
  }
}

/** The auction as an entry carries it; how far it reaches is read when first asked for. */
export function auctionOfEntry(
  reads: SharedReads,
  terms: AuctionTerms,
  standing: AuctionStanding,
): AuctionView {
  const head = once(() => reads.auctionHead(terms.id))
  return {
    id: terms.id,
    terms,
    standing,
    position: async () => (await head()).position,
    lastBid: async () => (await head()).lastBid,
  }
}

/**
 * The auction right after the command that ended at `position` of its history. `bids` may list later ones
 * already, which then come again as entries: the same bids by their ids.
 */
export function auctionAfterCommand(
  reads: SharedReads,
  terms: AuctionTerms,
  standing: AuctionStanding,
  position: Position,
): AuctionView {
  return { ...auctionOfEntry(reads, terms, standing), position: async () => position }
}
