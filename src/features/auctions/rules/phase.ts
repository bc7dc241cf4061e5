import type { Rejected } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Room } from '../../rooms/rules/room.ts'
import type { AuctionStanding, AuctionState } from './auction.ts'
import type { AuctionEvent } from './event.ts'
import { reject } from './rejections.ts'

/** A rejection as `reject` makes it. */

/**
 * When the clock will open or close the auction; null if it will not. A paused auction does not end by the clock, and
 * an auction whose `room` is not LIVE opens with the room: the room's transition makes it due.
 */
export function dueAt(
  { terms, standing }: Pick<AuctionState, 'terms' | 'standing'>,
  room?: Pick<Room, 'phase'>,
): Instant | null {
  const canOpen = room === undefined || room.phase === 'LIVE'
  if (standing.phase === 'SCHEDULED') return canOpen ? terms.startsAt : null
  return standing.phase === 'LIVE' ? standing.endsAt : null
}

/**
 * When the auction ended; null until then. During a rolling upgrade, older nodes do not store it: the planned end
 * stands in for their auctions.
 */
export function endOf({ phase, endedAt, endsAt }: AuctionStanding): Instant | null {
  const isOver = phase === 'SOLD' || phase === 'UNSOLD' || phase === 'CANCELLED'
  return isOver ? (endedAt ?? endsAt) : null
}

/** Whether the end has been reached. The end is exclusive. */
export function isClosingDue({ standing }: AuctionState, now: Instant): boolean {
  return standing.phase === 'LIVE' && now >= standing.endsAt
}

/** Whether bidding is over: true from the end on, even if the closing has not been applied yet. */
export function hasEnded(state: AuctionState, now: Instant): boolean {
  const { phase } = state.standing
  return phase === 'SOLD' || phase === 'UNSOLD' || isClosingDue(state, now)
}

/**
 * The event that ends bidding: sold to the leader if the reserve is met, else unsold. Held money settles it `now`.
 * The auction ended at `stoppedAt`, or at its own end if that came first, however late the server notices.
 */
export function closing(
  { terms, standing }: AuctionState,
  now: Instant,
  stoppedAt: Instant = now,
): AuctionEvent {
  const { leader, currentPrice, reserveMet, phase, endsAt } = standing
  const endedAt = phase === 'LIVE' && endsAt < stoppedAt ? endsAt : stoppedAt
  if (leader === null || currentPrice === null || !reserveMet) return { type: 'AuctionUnsold', endedAt }
  const winner = { user: leader, price: currentPrice, settledAt: terms.funded ? now : null }
  return { type: 'AuctionSold', winner, endedAt }
}

/** Why bidding is closed, or undefined if it is open: the auction and its room must both be LIVE. */
export function closedToBids(state: AuctionState, room: Room, now: Instant): Rejected | undefined {
  const { phase } = state.standing
  if (phase === 'CANCELLED') return reject('AUCTION_CANCELLED', 'The auction was cancelled.')
  if (hasEnded(state, now)) return reject('AUCTION_ENDED', 'The auction has ended.')
  if (room.phase === 'ENDED') return reject('AUCTION_ENDED', 'The room of the auction has ended.')
  if (phase === 'PAUSED') return reject('AUCTION_PAUSED', 'The auction is paused.')
  if (room.phase === 'PAUSED') return reject('AUCTION_PAUSED', 'The room of the auction is paused.')
  if (phase === 'SCHEDULED') return reject('AUCTION_NOT_STARTED', 'The auction has not started.')
  if (room.phase === 'SCHEDULED') {
    return reject('AUCTION_NOT_STARTED', 'The room of the auction has not started.')
  }
  return undefined
}
