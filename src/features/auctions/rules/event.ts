import type { Amount } from '../../../engine/kernel/amount.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Transfer } from '../../wallets/rules/transfer.ts'
import type { AuctionStanding, AuctionState, Bid, StandingMaximum } from './auction.ts'

/** A bidder's offer: `amount` bids exactly that, `maximum` lets the server bid up to it. */
export interface Offer {
  readonly kind: 'amount' | 'maximum'
  readonly value: Amount
}

/** Entries of the auction's history, by the names of their GraphQL types. */
export type PublicAuctionEvent =
  /** `delay`: how much later than the start the room opened. The end moves by the same amount. */
  | { readonly type: 'AuctionStarted'; readonly delay?: { readonly ms: number; readonly endsAt: Instant } }
  /** `byRoom`: paused with the room, which also resumes it. */
  | { readonly type: 'AuctionPaused'; readonly pausedAt: Instant; readonly byRoom?: true }
  /** `pausedMs` is the length of the pause that ends here, `endsAt` the end moved by it. */
  | { readonly type: 'AuctionResumed'; readonly pausedMs: number; readonly endsAt: Instant }
  | { readonly type: 'BidPlaced'; readonly bid: Bid }
  /** `bid` is the named one; `bids` are all that were voided with it, itself included, in order of acceptance. */
  | {
      readonly type: 'BidVoided'
      readonly bid: Bid
      readonly bids: readonly Bid[]
      readonly reason: string
    }
  | { readonly type: 'ReserveMet' }
  | { readonly type: 'AuctionExtended'; readonly previousEndsAt: Instant; readonly endsAt: Instant }
  | {
      readonly type: 'AuctionSold'
      readonly winner: NonNullable<AuctionStanding['winner']>
      readonly endedAt: Instant
    }
  | { readonly type: 'AuctionUnsold'; readonly endedAt: Instant }
  | { readonly type: 'AuctionCancelled'; readonly reason: string; readonly endedAt: Instant }

/** Private: maximums are their bidders' secret, and creation appends no entry. */
type PrivateAuctionEvent =
  | { readonly type: 'AuctionCreated'; readonly state: AuctionState }
  /**
   * Exactly one per accepted bidding command, before its visible bids. `maximum` is the bidder's from then on,
   * `offer` what was requested: they differ if a leader bids an amount below their own maximum.
   */
  | { readonly type: 'MaximumSet'; readonly maximum: StandingMaximum; readonly offer: Offer }
  /** Precedes BidVoided: the commands and visible bids that no longer count, and the state recomputed from the rest. */
  | {
      readonly type: 'CommandsVoided'
      readonly sequences: readonly number[]
      readonly bids: readonly Bid[]
      readonly state: AuctionState
      readonly voidedAt: Instant
      readonly reason: string
    }
  /** Paused by hand while paused by the room: it stays paused when the room resumes. */
  | { readonly type: 'PauseKept' }
  /** The transfers of a command in a funded auction; follows its other events. */
  | { readonly type: 'FundsMoved'; readonly transfer: Transfer }

export type AuctionEvent = PublicAuctionEvent | PrivateAuctionEvent

export function isPublicEvent(event: AuctionEvent): event is PublicAuctionEvent {
  switch (event.type) {
    case 'AuctionCreated':
    case 'MaximumSet':
    case 'CommandsVoided':
    case 'PauseKept':
    case 'FundsMoved':
      return false
    default:
      return true
  }
}
