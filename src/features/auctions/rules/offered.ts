import type { Amount } from '../../../engine/kernel/amount.ts'
import type { AuctionState } from './auction.ts'
import { stepAbove } from './increments.ts'

type Known = Pick<AuctionState, 'terms' | 'standing'>

/** The least that a new bidder may offer now: the starting price before the first bid. */
export function minimumBid({ terms, standing }: Known): Amount {
  return standing.currentPrice === null ? terms.startingPrice : stepAbove(terms, standing.currentPrice)
}

/**
 * The price at which the auction can be bought outright, or null: gone with the first bid, or where there is
 * a reserve once the price has reached that, and in any case once the auction is over. Offered, though not yet
 * to be had, before the start and in a pause.
 */
export function offeredBuyNow({ terms, standing }: Known): Amount | null {
  const isOver = standing.phase === 'SOLD' || standing.phase === 'UNSOLD' || standing.phase === 'CANCELLED'
  const isGone = terms.reservePrice === null ? standing.currentPrice !== null : standing.reserveMet
  return isOver || isGone ? null : terms.buyNowPrice
}
