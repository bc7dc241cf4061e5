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

/** What is fixed when an auction is created. The reserve is the seller's secret: never part of an entry. */
export interface AuctionTerms {
  readonly id: AuctionId
  readonly roomId: RoomId
  readonly title: string
  readonly description: string
  readonly format: 'ENGLISH'
  readonly seller: Person
  readonly currency: string
  /** How many decimal digits its minor unit has. Absent from auctions older than this field: see `exponentIn`. */
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

/** The public part that changes: what entries carry, beside the terms, as `auction`. */
export interface AuctionStanding {
  readonly phase: AuctionPhase
  readonly currentPrice: Amount | null
  readonly leader: Person | null
  /** Visible ones that stand. */
  readonly bidCount: number
  /** Visible ones that were voided; left out while there are none. */
  readonly voidedBidCount?: number
  readonly bidderCount: number
  readonly reserveMet: boolean
  readonly endsAt: Instant
  /** When it really ended; left out before. See `endOf`. */
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

/** Everything that decides about an auction. `leading` and `pausedAt` are private to the decider. */
export interface AuctionState {
  readonly terms: AuctionTerms
  readonly standing: AuctionStanding
  /** The highest standing maximum; null before the first bid. */
  readonly leading: StandingMaximum | null
  /** Accepted bidding commands so far: the next maximum's sequence is one more. */
  readonly commandCount: number
  readonly pausedAt: Instant | null
  /** Whether it resumes with its room: it was paused by the room's pause, and not by hand since. */
  readonly pausedByRoom: boolean
  /** How long the clock stood still in all: ended pauses, and the wait for a room that opened late. */
  readonly pausedMs: number
  /** Bidders known to have bid before: at least those whose commands are at hand. */
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
  /** Null while it stands. */
  readonly voidReason: VoidReason | null
}
