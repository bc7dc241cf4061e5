import type { Amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../../rooms/ids.ts'
import type { AuctionId, BidId } from '../ids.ts'
import type { VoidReason } from './void-reason.ts'

export const AUCTION_PHASES = ['SCHEDULED', 'LIVE', 'PAUSED', 'SOLD', 'UNSOLD', 'CANCELLED'] as const
export type AuctionPhase = (typeof AUCTION_PHASES)[number]
export const BID_KINDS = ['MANUAL', 'PROXY', 'BUY_NOW'] as const
export type BidKind = (typeof BID_KINDS)[number]
export const BID_OUTCOMES = [
  'LEADING',
  'LEADING_RESERVE_NOT_MET',
  'OUTBID',
  'MAXIMUM_RAISED',
  'BOUGHT_NOW',
] as const
export type BidOutcome = (typeof BID_OUTCOMES)[number]

/** From this price on, the next bid must be at least `step` higher. */
export interface IncrementBand {
  readonly from: Amount
  readonly step: Amount
}

/** A bid with less than `windowMs` left moves the end to `extensionMs` from now, at most `capMs` past the original end. */
export interface SoftClose {
  readonly windowMs: number
  readonly extensionMs: number
  readonly capMs: number
}

/** Terms fixed at creation. The reserve is the seller's secret: never part of an entry. */
export interface AuctionTerms {
  readonly id: AuctionId
  readonly roomId: RoomId
  readonly title: string
  readonly description: string
  readonly format: 'ENGLISH'
  readonly seller: Person
  readonly currency: string
  /**
   * Number of decimal digits of the currency's minor unit. Absent from auctions older than this field: see
   * `exponentIn`.
   */
  readonly currencyExponent?: number
  readonly startingPrice: Amount
  readonly reservePrice: Amount | null
  readonly buyNowPrice: Amount | null
  readonly increments: readonly IncrementBand[]
  readonly softClose: SoftClose | null
  /** Whether bids hold money in the bidder's wallet. */
  readonly funded: boolean
  readonly startsAt: Instant
  readonly originalEndsAt: Instant
  readonly createdAt: Instant
}

/** The public state that changes. Entries carry it together with the terms as `auction`. */
export interface AuctionStanding {
  readonly phase: AuctionPhase
  readonly currentPrice: Amount | null
  readonly leader: Person | null
  /** Visible bids that are not voided. */
  readonly bidCount: number
  /** Visible bids that were voided; omitted while zero. */
  readonly voidedBidCount?: number
  readonly bidderCount: number
  readonly reserveMet: boolean
  readonly endsAt: Instant
  /** When it actually ended; omitted before that. See `endOf`. */
  readonly endedAt?: Instant
  readonly extensionCount: number
  readonly winner: {
    readonly user: Person
    readonly price: Amount
    readonly settledAt: Instant | null
  } | null
}

/** A standing maximum: the most its bidder will pay. `sequence` orders acceptance: the earlier wins a tie. */
export interface StandingMaximum {
  readonly bidder: Person
  readonly maximum: Amount
  readonly sequence: number
}

/** The full state that decisions depend on. `leading` and `pausedAt` are private to the decider. */
export interface AuctionState {
  readonly terms: AuctionTerms
  readonly standing: AuctionStanding
  /** The highest standing maximum; null before the first bid. */
  readonly leading: StandingMaximum | null
  /** Accepted bidding commands so far: the next maximum's sequence is one more. */
  readonly commandCount: number
  readonly pausedAt: Instant | null
  /** Whether it resumes with its room: the room's pause paused it, and nobody has paused it by hand since. */
  readonly pausedByRoom: boolean
  /** Total time the clock was stopped: ended pauses, and the wait for a room that opened late. */
  readonly pausedMs: number
  /** Users known to have bid before: at least the bidders of the loaded commands. */
  readonly bidders: ReadonlySet<UserId>
}

/** One visible bid. */
export interface Bid {
  readonly id: BidId
  readonly auctionId: AuctionId
  readonly bidder: Person
  readonly amount: Amount
  readonly kind: BidKind
  /** Order of acceptance among the auction's visible bids, from 1. */
  readonly sequence: number
  readonly placedAt: Instant
  readonly voidedAt: Instant | null
  /** Null while the bid is valid. */
  readonly voidReason: VoidReason | null
}
