import type { Amount } from '../../../engine/kernel/amount.ts'
import type { AuctionState } from './auction.ts'
import { stepAbove } from './increments.ts'

type Known = Pick<AuctionState, 'terms' | 'standing'>

/** The minimum that a new bidder may offer now: the starting price before the first bid. */
export function minimumBid({ terms, standing }: Known): Amount {
  return standing.currentPrice === null ? terms.startingPrice : stepAbove(terms, standing.currentPrice)
}

/**
 * The buy-now price, or null: withdrawn after the first bid or, with a reserve, once the price reaches it, and always
 * after the end. Shown, though not yet available, before the start and during a pause.
 */
export function offeredBuyNow({ terms, standing }: Known): Amount | null {
  const isOver = standing.phase === 'SOLD' || standing.phase === 'UNSOLD' || standing.phase === 'CANCELLED'
  const isGone = terms.reservePrice === null ? standing.currentPrice !== null : standing.reserveMet
  return isOver || isGone ? null : terms.buyNowPrice
}
