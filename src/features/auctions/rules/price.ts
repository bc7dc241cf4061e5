import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { AuctionState, AuctionTerms } from './auction.ts'
import type { Offer } from './event.ts'
import { raise, stepAbove } from './increments.ts'
import { minimumBid } from './offered.ts'

/** The outcome of an offer against the leading maximum. `maximum` is the bidder's from then on. */
export type Contest =
  /** One visible bid, the bidder's, at `price`. */
  | { readonly kind: 'leads'; readonly price: Amount; readonly maximum: Amount }
  /** Two visible bids: the challenger's at `price`, their full offer, and the leader's at `answer`. */
  | {
      readonly kind: 'answered'
      readonly price: Amount
      readonly maximum: Amount
      readonly leader: Person
      readonly answer: Amount
    }
  /** No visible bid: the leader's maximum rises. */
  | { readonly kind: 'raised'; readonly maximum: Amount }

/**
 * The contest of an offer that `leastOffer` allows.
 *
 * Only the leading maximum matters: every other valid one is at or below the price. A bidder who was answered was
 * answered at or above their own maximum, and a bidder who was beaten was beaten above it. So the second highest
 * maximum belongs to the leader just beaten, or to the challenger just answered.
 */
export function contestOf(state: AuctionState, bidder: UserId, offer: Offer): Contest {
  const { terms, leading } = state
  const { value } = offer
  if (leading === null) {
    const price = offer.kind === 'amount' ? value : withReserve(terms, terms.startingPrice, value)
    return { kind: 'leads', price, maximum: value }
  }
  if (leading.bidder.id === bidder) return ownContest(state, leading.maximum, offer)
  if (value > leading.maximum) {
    const contested = lower(value, stepAbove(terms, leading.maximum))
    const price = offer.kind === 'amount' ? value : withReserve(terms, contested, value)
    return { kind: 'leads', price, maximum: value }
  }
  const contested = lower(leading.maximum, stepAbove(terms, value))
  const answer = withReserve(terms, contested, leading.maximum)
  return { kind: 'answered', price: value, maximum: value, leader: leading.bidder, answer }
}

/** The leader's own offer has no competitor: only an exact amount, or reaching the reserve, becomes visible. */
function ownContest({ terms, standing }: AuctionState, before: Amount, offer: Offer): Contest {
  const maximum = higher(before, offer.value)
  if (offer.kind === 'amount') return { kind: 'leads', price: offer.value, maximum }
  const { reservePrice } = terms
  const meetsReserve = reservePrice !== null && !standing.reserveMet && maximum >= reservePrice
  return meetsReserve ? { kind: 'leads', price: reservePrice, maximum } : { kind: 'raised', maximum }
}

/** The minimum for this bidder's offer. A leader's new maximum need only exceed their current one. */
export function leastOffer(state: AuctionState, bidder: UserId, offer: Offer): Amount {
  const { leading } = state
  const raisesOwn = offer.kind === 'maximum' && leading?.bidder.id === bidder
  return raisesOwn ? raise(leading.maximum, 1) : minimumBid(state)
}

/** Whether an offer is too low: below the least, or no more than what stands, which is possible at the largest amount. */
export function isTooLow(state: AuctionState, bidder: UserId, offer: Offer): boolean {
  const { leading, standing } = state
  const raisesOwn = offer.kind === 'maximum' && leading?.bidder.id === bidder
  const stands = raisesOwn ? leading.maximum : standing.currentPrice
  return offer.value < leastOffer(state, bidder, offer) || (stands !== null && offer.value <= stands)
}

/** A maximum at or above the reserve bids the reserve; a lower one bids in full. */
function withReserve(terms: AuctionTerms, price: Amount, maximum: Amount): Amount {
  return terms.reservePrice === null ? price : higher(price, lower(maximum, terms.reservePrice))
}

function lower(one: Amount, other: Amount): Amount {
  return amount(Math.min(one, other))
}

function higher(one: Amount, other: Amount): Amount {
  return amount(Math.max(one, other))
}
