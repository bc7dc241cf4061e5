import type { Amount } from '../../../engine/kernel/amount.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Transfer } from '../../wallets/rules/transfer.ts'
import type { AuctionStanding, AuctionState, Bid, StandingMaximum } from './auction.ts'

/** What a bidder puts forward: `amount`, to bid just that, or `maximum`, to be bid for up to it. */
export interface Offer {
  readonly kind: 'amount' | 'maximum'
  readonly value: Amount
}

/** Entries of the auction's history, by the names of their GraphQL types. */
export type PublicAuctionEvent =
  /** `delay`: its room opened later than its start. The end moves by as much. */
  | { readonly type: 'AuctionStarted'; readonly delay?: { readonly ms: number; readonly endsAt: Instant } }
  /** `byRoom`: with the room, which resumes it as well. */
  | { readonly type: 'AuctionPaused'; readonly pausedAt: Instant; readonly byRoom?: true }
  /** `pausedMs` is the length of the pause that ends here, `endsAt` the end moved by it. */
  | { readonly type: 'AuctionResumed'; readonly pausedMs: number; readonly endsAt: Instant }
  | { readonly type: 'BidPlaced'; readonly bid: Bid }
  /** `bid` is the one that was named, `bids` all that were voided, in order of acceptance; an earlier command may have voided `bid`. */
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

/** Told to nobody: maximums are their bidders' secret, and creating writes no entry. */
type PrivateAuctionEvent =
  | { readonly type: 'AuctionCreated'; readonly state: AuctionState }
  /**
   * Exactly one for each accepted bidding command, before its visible bids. `maximum` is the bidder's from
   * then on, `offer` what was asked for: it differs where a leader bids an amount below the own maximum.
   */
  | { readonly type: 'MaximumSet'; readonly maximum: StandingMaximum; readonly offer: Offer }
  /** Before BidVoided: the commands and the visible bids that no longer count, and the state that the others give. */
  | {
      readonly type: 'CommandsVoided'
      readonly sequences: readonly number[]
      readonly bids: readonly Bid[]
      readonly state: AuctionState
      readonly voidedAt: Instant
      readonly reason: string
    }
  /** Paused by hand while the room has paused it: it stays so when the room resumes. */
  | { readonly type: 'PauseKept' }
  /** What a command moves in the ledger of a funded auction; after its other events. */
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
