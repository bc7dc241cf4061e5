import { type Actor, hasRole, isActor } from '../../../engine/kernel/actor.ts'
import { canModerate, canSeeRoom, membershipOf } from '../../rooms/rules/access.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import type { AuctionState } from './auction.ts'

/** Whether this actor sees the room's auctions. The server itself needs no room to act. */
export function canSeeAuctions(actor: Actor, room: RoomFacts | undefined): boolean {
  if (actor.kind === 'system') return true
  return room !== undefined && canSeeRoom(actor, room.room, membershipOf(actor, room.memberships))
}

/** The room's OWNER and MODERATOR, ADMIN, SERVICE and tokens with the role MODERATOR, provided they see the room. */
export function canRunAuctions(actor: Actor, room: RoomFacts | undefined): boolean {
  const membership = room === undefined ? undefined : membershipOf(actor, room.memberships)
  return canModerate(actor, membership) || hasRole(actor, 'SERVICE')
}

/** Those who run the room's auctions, and the seller. */
export function canControl(actor: Actor, { terms }: AuctionState, room: RoomFacts | undefined): boolean {
  return isActor(actor, terms.seller) || canRunAuctions(actor, room)
}
