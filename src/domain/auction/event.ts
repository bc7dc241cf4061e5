import type { Amount } from '../../kernel/amount.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { AuctionStanding, AuctionState, Bid, Ceiling } from './auction.ts'

/** What a bidder puts forward: `amount`, to bid just that, or `maximum`, to be bid for up to it. */
export interface Offer {
  readonly kind: 'amount' | 'maximum'
  readonly value: Amount
}

/** Entries of the auction's history, by the names of their GraphQL types. */
export type PublicAuctionEvent =
  | { readonly type: 'AuctionStarted' }
  | { readonly type: 'AuctionPaused'; readonly pausedAt: Instant }
  /** `pausedMs` is the length of the pause that ends here, `endsAt` the end moved by it. */
  | { readonly type: 'AuctionResumed'; readonly pausedMs: number; readonly endsAt: Instant }
  | { readonly type: 'BidPlaced'; readonly bid: Bid }
  | { readonly type: 'ReserveMet' }
  | { readonly type: 'AuctionExtended'; readonly previousEndsAt: Instant; readonly endsAt: Instant }
  | { readonly type: 'AuctionSold'; readonly winner: NonNullable<AuctionStanding['winner']> }
  | { readonly type: 'AuctionUnsold' }
  | { readonly type: 'AuctionCancelled'; readonly reason: string }

/** Told to nobody: ceilings are their bidders' secret, and creating writes no entry. */
type PrivateAuctionEvent =
  | { readonly type: 'AuctionCreated'; readonly state: AuctionState }
  /**
   * Exactly one for each accepted bidding command, before its visible bids. `ceiling` is the bidder's from
   * then on, `offer` what was asked for: it differs where a leader bids an amount below the own ceiling.
   */
  | { readonly type: 'CeilingSet'; readonly ceiling: Ceiling; readonly offer: Offer }

export type AuctionEvent = PublicAuctionEvent | PrivateAuctionEvent

export function isPublicEvent(event: AuctionEvent): event is PublicAuctionEvent {
  return event.type !== 'AuctionCreated' && event.type !== 'CeilingSet'
}
