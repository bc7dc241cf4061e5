import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { Amount } from '../../engine/kernel/amount.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { AuctionId, BidId } from './ids.ts'
import type {
  AuctionPhase,
  AuctionStanding,
  AuctionTerms,
  BidKind,
  StandingMaximum,
} from './rules/auction.ts'
import type { VoidReason } from './rules/void-reason.ts'

export const auctions = pgTable(
  'auctions',
  {
    id: text().$type<AuctionId>().primaryKey(),
    roomId: text('room_id').$type<RoomId>().notNull(),
    createdAt: instantColumn('created_at').notNull(),
    /** Copy of `standing.phase`, for lists. */
    phase: text().$type<AuctionPhase>().notNull(),
    terms: json().$type<AuctionTerms>().notNull(),
    standing: json().$type<AuctionStanding>().notNull(),
    leading: json().$type<StandingMaximum>(),
    commandCount: integer('command_count').notNull(),
    pausedAt: instantColumn('paused_at'),
    pausedByRoom: boolean('paused_by_room').notNull().default(false),
    pausedMs: bigint('paused_ms', { mode: 'number' }).notNull(),
    /**
     * Kind and visibility of its room, for lists, as in `ROOM_ACCESS`. Written by triggers (migration 0010): also for
     * nodes of older versions, and in the transaction that changes the room.
     */
    roomAccess: text('room_access').notNull().default('AUCTION PUBLIC'),
  },
  (t) => [
    index('auctions_visible').on(t.roomAccess, t.phase, t.createdAt, t.id),
    index('auctions_listing').on(t.createdAt, t.id),
    index('auctions_of_room').on(t.roomId, t.createdAt, t.id),
    index('auctions_open').on(t.roomId).where(sql`phase IN ('SCHEDULED', 'LIVE', 'PAUSED')`),
  ],
)

/** Visible bids. */
export const bids = pgTable(
  'bids',
  {
    id: text().$type<BidId>().primaryKey(),
    auctionId: text('auction_id').$type<AuctionId>().notNull(),
    sequence: integer().notNull(),
    bidderId: text('bidder_id').$type<UserId>().notNull(),
    bidderName: text('bidder_name').notNull(),
    amount: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    kind: text().$type<BidKind>().notNull(),
    placedAt: instantColumn('placed_at').notNull(),
    voidedAt: instantColumn('voided_at'),
    /** Null while valid, and for bids voided by nodes without this column: those count as MODERATED. */
    voidReason: text('void_reason').$type<VoidReason>(),
  },
  (t) => [
    uniqueIndex('bids_history').on(t.auctionId, t.sequence),
    index('bids_of_bidder').on(t.auctionId, t.bidderId, t.amount),
  ],
)

/**
 * Every accepted bidding command, in order of acceptance, with its bidder's maximum from then on. Append-only. The
 * table is called `ceilings` for historical reasons: the code says maximum, but stored names stay.
 */
export const ceilings = pgTable(
  'ceilings',
  {
    auctionId: text('auction_id').$type<AuctionId>().notNull(),
    sequence: integer().notNull(),
    bidderId: text('bidder_id').$type<UserId>().notNull(),
    bidderName: text('bidder_name').notNull(),
    maximum: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    /** What was requested: an exact amount, a maximum, or the buy-now price. */
    offerKind: text('offer_kind').$type<'amount' | 'maximum'>().notNull(),
    offer: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    /** The first visible bid that it made, or null. Voiding a bid voids its command. */
    bidId: text('bid_id').$type<BidId>(),
    voidedAt: instantColumn('voided_at'),
    voidReason: text('void_reason'),
    voidedBy: text('voided_by').$type<UserId>(),
    at: instantColumn('at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.auctionId, t.sequence] }),
    index('ceilings_of_bidder').on(t.auctionId, t.bidderId, t.sequence),
  ],
)
