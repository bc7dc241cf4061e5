import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import { formatAmount } from '../../../engine/kernel/currency.ts'
import type { Rejected } from '../../../engine/kernel/decision.ts'
import { accept } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import { isRemoved } from '../../rooms/rules/access.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import type { BidId } from '../ids.ts'
import type { AuctionState, Bid, BidOutcome } from './auction.ts'
import type { AuctionCommand } from './command.ts'
import type { AuctionDecision } from './context.ts'
import type { AuctionEvent, Offer } from './event.ts'
import { foldAuction } from './evolve.ts'
import { offeredBuyNow } from './offered.ts'
import { closedToBids, closing } from './phase.ts'
import { type Contest, contestOf, isTooLow, leastOffer } from './price.ts'
import { reject } from './rejections.ts'
import { extension } from './soft-close.ts'
import { isPrice } from './validate.ts'

type PlaceBid = Extract<AuctionCommand, { kind: 'placeBid' }>
type BuyNow = Extract<AuctionCommand, { kind: 'buyNow' }>

/** Someone who sees the auction and bids in it. */
interface Bidding {
  readonly bidder: Person
  readonly room: RoomFacts
  readonly now: Instant
}

/** Events in the order of the entries: the challenger's bid, the answer, ReserveMet, AuctionExtended. */
export function decideBid(state: AuctionState, command: PlaceBid, bidding: Bidding): AuctionDecision {
  const { bidder, now } = bidding
  const removed = removedFrom(bidding)
  if (removed !== undefined) return removed
  const offer = offerOf(command)
  if ('rejection' in offer) return offer
  const closed = closedTo(state, bidding)
  if (closed !== undefined) return closed
  if (isTooLow(state, bidder.id, offer)) return belowMinimum(state, bidder, offer)
  const contest = contestOf(state, bidder.id, offer)
  const { bidId: id, answerId } = command
  const { visible, placed } = bidsOf(state, contest, { bidder, offer, bidId: id, answerId, now })
  const after = foldAuction(state, placed)
  const events = visible.length === 0 ? placed : [...placed, ...extension(after, now)]
  const bidId = visible.length === 0 ? null : command.bidId
  return accept(events, { bid: { outcome: outcomeOf(contest, after), bidId } })
}

function belowMinimum(state: AuctionState, bidder: Person, offer: Offer): Rejected {
  const minimum = leastOffer(state, bidder.id, offer)
  const shown = formatAmount(minimum, state.terms)
  if (offer.value >= minimum) {
    return reject('BID_BELOW_MINIMUM', `Nobody can bid more than ${shown}, the largest amount.`)
  }
  return reject('BID_BELOW_MINIMUM', `The bid must be at least ${shown}.`, { minimum })
}

/** Buying ends the auction immediately, so it never extends the end. */
export function decideBuyNow(state: AuctionState, command: BuyNow, bidding: Bidding): AuctionDecision {
  const { bidder, now } = bidding
  const closed = removedFrom(bidding) ?? closedTo(state, bidding)
  if (closed !== undefined) return closed
  const price = offeredBuyNow(state)
  if (price === null) return reject('BUY_NOW_UNAVAILABLE', 'The auction cannot be bought outright now.')
  if (command.price !== price)
    return reject('PRICE_CHANGED', `The buy-now price is ${formatAmount(price, state.terms)}.`)
  const bid: Bid = { ...nextBid(state, now), id: command.bidId, bidder, amount: price, kind: 'BUY_NOW' }
  const placed = placing(state, bidder, { kind: 'amount', value: price }, price, [bid])
  const events = [...placed, closing(foldAuction(state, placed), now)]
  return accept(events, { bid: { outcome: 'BOUGHT_NOW', bidId: command.bidId } })
}

function offerOf({ amount: exact, maximum }: PlaceBid): Offer | Rejected {
  if (exact !== null && maximum !== null) {
    return reject('INVALID_INPUT', 'A bid has an amount or a maximum, not both.', { field: 'maximum' })
  }
  if (maximum !== null) return checkedOffer('maximum', maximum)
  if (exact !== null) return checkedOffer('amount', exact)
  return reject('INVALID_INPUT', 'A bid needs an amount or a maximum.', { field: 'amount' })
}

function checkedOffer(kind: Offer['kind'], value: number): Offer | Rejected {
  if (isPrice(value)) return { kind, value: amount(value) }
  return reject('INVALID_INPUT', `The ${kind} must be a whole number, at least 1.`, { field: kind })
}

function removedFrom({ bidder, room }: Bidding): Rejected | undefined {
  if (!isRemoved(bidder, room.memberships)) return undefined
  return reject('REMOVED', 'You were removed from this room and cannot bid in it.')
}

function closedTo(state: AuctionState, { bidder, room, now }: Bidding): Rejected | undefined {
  const closed = closedToBids(state, room.room, now)
  if (closed !== undefined) return closed
  const isSeller = bidder.id === state.terms.seller.id
  return isSeller ? reject('SELLER_CANNOT_BID', 'The seller cannot bid.') : undefined
}

/** An accepted offer, and ids for the visible bids it may make. */
interface Given {
  readonly bidder: Person
  readonly offer: Offer
  readonly bidId: BidId
  readonly answerId: BidId
  readonly now: Instant
}

/** The visible bids that a contest produces, and all events of the command except AuctionExtended. */
export function bidsOf(
  state: AuctionState,
  contest: Contest,
  given: Given,
): { readonly visible: readonly Bid[]; readonly placed: readonly AuctionEvent[] } {
  const visible = visibleBids(state, contest, given)
  return { visible, placed: placing(state, given.bidder, given.offer, contest.maximum, visible) }
}

function visibleBids(
  state: AuctionState,
  contest: Contest,
  { bidder, offer, bidId, answerId, now }: Given,
): readonly Bid[] {
  if (contest.kind === 'raised') return []
  const first = nextBid(state, now)
  const kind = offer.kind === 'amount' ? 'MANUAL' : 'PROXY'
  const own: Bid = { ...first, id: bidId, bidder, amount: contest.price, kind }
  if (contest.kind === 'leads') return [own]
  const { leader, answer } = contest
  const sequence = first.sequence + 1
  return [own, { ...first, id: answerId, bidder: leader, amount: answer, kind: 'PROXY', sequence }]
}

/**
 * The automatic bid that the leader of `state` needs after the price was recomputed: none if one of the leader's bids
 * in `standing` is already at that price.
 */
export function leadersBid(
  state: AuctionState,
  standing: readonly Bid[],
  id: BidId,
  now: Instant,
): readonly AuctionEvent[] {
  const { leader, currentPrice } = state.standing
  if (leader === null || currentPrice === null) return []
  if (standing.some(({ bidder, amount: made }) => bidder.id === leader.id && made === currentPrice)) return []
  const bid: Bid = { ...nextBid(state, now), id, bidder: leader, amount: currentPrice, kind: 'PROXY' }
  return [{ type: 'BidPlaced', bid }]
}

function nextBid(
  { terms, standing }: AuctionState,
  now: Instant,
): Pick<Bid, 'auctionId' | 'sequence' | 'placedAt' | 'voidedAt' | 'voidReason'> {
  // Voiding does not free sequence numbers.
  const sequence = standing.bidCount + (standing.voidedBidCount ?? 0) + 1
  return { auctionId: terms.id, sequence, placedAt: now, voidedAt: null, voidReason: null }
}

/**
 * Events of one accepted bidding command: its maximum, its visible bids, and ReserveMet if these are the first to
 * meet it.
 */
function placing(
  state: AuctionState,
  bidder: Person,
  offer: Offer,
  maximum: Amount,
  bids: readonly Bid[],
): readonly AuctionEvent[] {
  const set = { bidder, maximum, sequence: state.commandCount + 1 }
  const placed: readonly AuctionEvent[] = [
    { type: 'MaximumSet', maximum: set, offer },
    ...bids.map((bid): AuctionEvent => ({ type: 'BidPlaced', bid })),
  ]
  const meetsReserve = !state.standing.reserveMet && foldAuction(state, placed).standing.reserveMet
  return meetsReserve ? [...placed, { type: 'ReserveMet' }] : placed
}

function outcomeOf(contest: Contest, after: AuctionState): BidOutcome {
  switch (contest.kind) {
    case 'answered':
      return 'OUTBID'
    case 'raised':
      return 'MAXIMUM_RAISED'
    case 'leads':
      return after.standing.reserveMet ? 'LEADING' : 'LEADING_RESERVE_NOT_MET'
  }
}
