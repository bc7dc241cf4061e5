import { exponentIn } from '../engine/kernel/currency.ts'
import {
  AUCTION_PHASES,
  type AuctionStanding,
  BID_KINDS,
  type Bid as BidShape,
} from '../features/auctions/rules/auction.ts'
import { minimumBid, offeredBuyNow } from '../features/auctions/rules/offered.ts'
import { endOf } from '../features/auctions/rules/phase.ts'
import { VOID_REASONS, type VoidReason as VoidReasonShape } from '../features/auctions/rules/void-reason.ts'
import type { AuctionView } from '../features/auctions/view.ts'
import { LOOKUP, SHARE, STATEMENT } from '../platform/limits/field-cost.ts'
import {
  auction,
  auctionCursor,
  auctions,
  biddingOfViewer,
  bidsOfAuction,
  maximumOfViewer,
  type OwnBidding,
} from '../resolvers/auctions.ts'
import { builder } from './builder.ts'
import { connectionType } from './connection.ts'
import { asCaller, costs, readsViewer } from './field.ts'
import { Node } from './node.ts'
import { User } from './person.ts'

export const AuctionFormat = builder.enumType('AuctionFormat', { values: ['ENGLISH'] })

export const AuctionPhase = builder.enumType('AuctionPhase', {
  values: AUCTION_PHASES,
})

const BidKind = builder.enumType('BidKind', { values: BID_KINDS })

const VoidReason = builder.enumType('VoidReason', {
  description: 'Why a bid was voided.',
  values: {
    MODERATED: {
      description: 'A moderator voided this bid, or an earlier one of the same bidder.',
      value: VOID_REASONS[0],
    },
    RECOMPUTED: {
      description: 'The recomputation of the auction without the voided bids no longer yields it.',
      value: VOID_REASONS[1],
    },
    UNFUNDED: {
      description: 'Its bidder would lead again, but their wallet does not cover it.',
      value: VOID_REASONS[2],
    },
  },
})

const IncrementBand = builder
  .objectRef<AuctionView['terms']['increments'][number]>('IncrementBand')
  .implement({
    description: 'From this price on, the next bid must be at least `step` higher.',
    fields: (t) => ({
      from: t.expose('from', { type: 'Amount' }),
      step: t.expose('step', { type: 'Amount' }),
    }),
  })

const SoftClose = builder.objectRef<NonNullable<AuctionView['terms']['softClose']>>('SoftClose').implement({
  description:
    'A bid inside the last `windowMs` moves the end to at least `extensionMs` from now, never past `capMs` after the original end.',
  fields: (t) => ({
    windowMs: t.exposeInt('windowMs'),
    extensionMs: t.exposeInt('extensionMs'),
    capMs: t.exposeInt('capMs'),
  }),
})

export const AuctionWinner = builder
  .objectRef<NonNullable<AuctionStanding['winner']>>('AuctionWinner')
  .implement({
    fields: (t) => ({
      user: t.expose('user', { type: User }),
      price: t.expose('price', { type: 'Amount' }),
      settledAt: t.expose('settledAt', { type: 'DateTime', nullable: true }),
    }),
  })

export const Bid = builder.objectRef<BidShape>('Bid').implement({
  interfaces: [Node],
  fields: (t) => ({
    auctionId: t.exposeID('auctionId'),
    bidder: t.expose('bidder', { type: User }),
    amount: t.expose('amount', { type: 'Amount' }),
    kind: t.expose('kind', { type: BidKind }),
    sequence: t.exposeInt('sequence', { description: 'Order of acceptance within the auction.' }),
    placedAt: t.expose('placedAt', { type: 'DateTime' }),
    voidedAt: t.expose('voidedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was voided; null while it stands.',
    }),
    voidReason: t.field({
      type: VoidReason,
      nullable: true,
      description: 'Why it was voided; null while it stands.',
      resolve: voidReasonOf,
    }),
  }),
})

/** Of bids that were voided before there were reasons, a moderator's is the only one. */
function voidReasonOf({ voidedAt, voidReason }: BidShape): VoidReasonShape | null {
  return voidedAt === null ? null : (voidReason ?? 'MODERATED')
}

const BidConnection = connectionType('Bid', Bid)

const MyBidding = builder.objectRef<OwnBidding>('MyBidding').implement({
  description:
    "The viewer's own position in an auction. Apart from `leading` it is read now, in events as well.",
  fields: (t) => ({
    leading: t.exposeBoolean('leading', { description: 'Whether the viewer leads, or won.' }),
    highestBid: t.expose('highestBid', {
      type: Bid,
      nullable: true,
      description: "The viewer's highest visible bid that stands. Null where all were voided.",
    }),
    maximum: t.expose('maximum', {
      type: 'Amount',
      nullable: true,
      description:
        'The most that the viewer offers: the same as `myMaximum`. Null where all bids were voided.',
    }),
    held: t.expose('held', {
      type: 'Amount',
      description: "What the viewer's wallet holds for this auction. 0 where nothing is held.",
    }),
  }),
})

export const Auction = builder.objectRef<AuctionView>('Auction').implement({ interfaces: [Node] })

// Of the terms each field names what it shows: the reserve is the seller's secret, and so are ceilings.
builder.objectFields(Auction, (t) => ({
  roomId: t.id({ resolve: ({ terms }) => terms.roomId }),
  title: t.string({ resolve: ({ terms }) => terms.title }),
  description: t.string({ resolve: ({ terms }) => terms.description }),
  format: t.field({ type: AuctionFormat, resolve: ({ terms }) => terms.format }),
  seller: t.field({ type: User, resolve: ({ terms }) => terms.seller }),
  currency: t.string({
    description: 'A code of ISO 4217, or 3 to 8 capital letters and digits of your own.',
    resolve: ({ terms }) => terms.currency,
  }),
  currencyExponent: t.int({
    description:
      'How many decimal digits the minor unit has: an amount divided by 10 to this power is in the currency itself. As ISO 4217 says; for other currencies as given at creation.',
    resolve: ({ terms }) => exponentIn(terms),
  }),
  startingPrice: t.field({ type: 'Amount', resolve: ({ terms }) => terms.startingPrice }),
  hasReserve: t.boolean({ resolve: ({ terms }) => terms.reservePrice !== null }),
  increments: t.field({
    type: [IncrementBand],
    ...costs({ size: 5 }),
    resolve: ({ terms }) => terms.increments,
  }),
  softClose: t.field({ type: SoftClose, nullable: true, resolve: ({ terms }) => terms.softClose }),
  funded: t.boolean({
    description: "Whether bids hold money in the bidder's wallet.",
    resolve: ({ terms }) => terms.funded,
  }),
  startsAt: t.field({ type: 'DateTime', resolve: ({ terms }) => terms.startsAt }),
  originalEndsAt: t.field({ type: 'DateTime', resolve: ({ terms }) => terms.originalEndsAt }),
}))

builder.objectFields(Auction, (t) => ({
  phase: t.field({ type: AuctionPhase, resolve: ({ standing }) => standing.phase }),
  currentPrice: t.field({
    type: 'Amount',
    nullable: true,
    description: 'Null until the first bid.',
    resolve: ({ standing }) => standing.currentPrice,
  }),
  minimumBid: t.field({
    type: 'Amount',
    description: 'The least that a new bidder may offer now.',
    resolve: minimumBid,
  }),
  reserveMet: t.boolean({ resolve: ({ standing }) => standing.reserveMet }),
  buyNowPrice: t.field({
    type: 'Amount',
    nullable: true,
    description: 'Null where there is none, or where it is no longer offered.',
    resolve: offeredBuyNow,
  }),
  leader: t.field({ type: User, nullable: true, resolve: ({ standing }) => standing.leader }),
  bidCount: t.int({ resolve: ({ standing }) => standing.bidCount }),
  bidderCount: t.int({ resolve: ({ standing }) => standing.bidderCount }),
  endsAt: t.field({
    type: 'DateTime',
    description:
      'The planned end, as bids and pauses have moved it. Stays as it is when the auction ends earlier.',
    resolve: ({ standing }) => standing.endsAt,
  }),
  endedAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When it really ended: sold, unsold, hammered, bought or cancelled. Null before.',
    resolve: ({ standing }) => endOf(standing),
  }),
  extensionCount: t.int({ resolve: ({ standing }) => standing.extensionCount }),
  winner: t.field({ type: AuctionWinner, nullable: true, resolve: ({ standing }) => standing.winner }),
}))

builder.objectFields(Auction, (t) => ({
  bids: t.field({
    type: BidConnection,
    description: 'Newest first.',
    args: { first: t.arg.int(), after: t.arg.string() },
    ...costs({ weight: SHARE }),
    resolve: bidsOfAuction,
  }),
  cursor: t.field({
    type: 'Cursor',
    description: 'Pass to `bids(after:)`.',
    ...costs({ weight: SHARE }),
    resolve: auctionCursor,
  }),
  myMaximum: t.field({
    type: 'Amount',
    nullable: true,
    description: "The viewer's own ceiling, or null. Never visible to anyone else.",
    ...readsViewer({ weight: SHARE }, maximumOfViewer),
  }),
  myBidding: t.field({
    type: MyBidding,
    nullable: true,
    description:
      "The viewer's own position in an auction; null if they have not bid. Never visible to anyone else.",
    ...readsViewer({ weight: 2 * SHARE }, biddingOfViewer),
  }),
}))

export const AuctionConnection = connectionType('Auction', Auction)

builder.queryFields((t) => ({
  auction: t.field({
    type: Auction,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    ...costs({ weight: LOOKUP }),
    resolve: asCaller(auction),
  }),
  auctions: t.field({
    type: AuctionConnection,
    args: {
      first: t.arg.int(),
      after: t.arg.string(),
      phase: t.arg({ type: AuctionPhase }),
      roomId: t.arg.id(),
    },
    ...costs({ weight: STATEMENT }),
    resolve: asCaller(auctions),
  }),
}))
