import { exponentIn } from '../engine/kernel/currency.ts'
import {
  AUCTION_PHASES,
  type AuctionPhase as AuctionPhaseShape,
  type AuctionStanding,
  type AuctionTerms,
} from '../features/auctions/rules/auction.ts'
import { minimumBid, offeredBuyNow } from '../features/auctions/rules/offered.ts'
import { endOf } from '../features/auctions/rules/phase.ts'
import type { AuctionView } from '../features/auctions/view.ts'
import { LOOKUP, SHARE, STATEMENT } from '../platform/limits/field-cost.ts'
import { auction, auctionCursor, auctions, auctionsOfRoom } from '../resolvers/auctions.ts'
import type { Builder } from './builder.ts'
import { connectionType } from './connection.ts'
import { asCaller, costs } from './field.ts'
import { Node } from './node.ts'
import { User } from './person.ts'
import { Room, RoomKind } from './room.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'

export const AuctionFormat = new SharedEnum<AuctionTerms['format']>('AuctionFormat')
const AuctionPhase = new SharedEnum<AuctionPhaseShape>('AuctionPhase')
export const AuctionWinner = new SharedObject<NonNullable<AuctionStanding['winner']>>('AuctionWinner')
export const Auction = new SharedObject<AuctionView>('Auction')

/** Auctions, and their rooms. */
export function addAuctionTypes(builder: Builder): void {
  RoomKind.extend(builder, ['AUCTION'])
  addEnums(builder)
  addTerms(builder)
  addStanding(builder)
  addAuctionQueries(builder)
}

function addEnums(builder: Builder): void {
  AuctionFormat.in(builder, { values: ['ENGLISH'] })

  AuctionPhase.in(builder, { values: AUCTION_PHASES })
}

function addTerms(builder: Builder): void {
  const IncrementBand = builder
    .objectRef<AuctionView['terms']['increments'][number]>('IncrementBand')
    .implement({
      description: 'From this price upwards, the next bid must be at least `step` higher.',
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

  Auction.in(builder).implement({ interfaces: [Node] })

  // Each field selects explicitly what it shows of the terms: the reserve is the seller's secret, and maximums are
  // secret, too.
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
        'How many decimal digits the minor unit has: an amount divided by 10 to this power is in the currency itself. As ISO 4217 says; for other currencies as the first auction in them says.',
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
}

function addStanding(builder: Builder): void {
  AuctionWinner.in(builder).implement({
    fields: (t) => ({
      user: t.expose('user', { type: User }),
      price: t.expose('price', { type: 'Amount' }),
      settledAt: t.expose('settledAt', { type: 'DateTime', nullable: true }),
    }),
  })

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
      description: 'The lowest amount that a new bidder may offer now.',
      resolve: minimumBid,
    }),
    reserveMet: t.boolean({ resolve: ({ standing }) => standing.reserveMet }),
    buyNowPrice: t.field({
      type: 'Amount',
      nullable: true,
      description: 'Null if there is none, or it is no longer available.',
      resolve: offeredBuyNow,
    }),
    leader: t.field({ type: User, nullable: true, resolve: ({ standing }) => standing.leader }),
    bidCount: t.int({ resolve: ({ standing }) => standing.bidCount }),
    bidderCount: t.int({ resolve: ({ standing }) => standing.bidderCount }),
    endsAt: t.field({
      type: 'DateTime',
      description:
        'The planned end, including extensions and pauses. Unchanged when the auction ends earlier.',
      resolve: ({ standing }) => standing.endsAt,
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it actually ended: sold, unsold, hammered, bought or cancelled. Null before.',
      resolve: ({ standing }) => endOf(standing),
    }),
    extensionCount: t.int({ resolve: ({ standing }) => standing.extensionCount }),
    winner: t.field({ type: AuctionWinner, nullable: true, resolve: ({ standing }) => standing.winner }),
  }))

  builder.objectField(Auction, 'cursor', (t) =>
    t.field({
      type: 'Cursor',
      description: 'Pass to `bids(after:)`.',
      ...costs({ weight: SHARE }),
      resolve: auctionCursor,
    }),
  )
}

function addAuctionQueries(builder: Builder): void {
  const AuctionConnection = connectionType(builder, 'Auction', Auction)

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

  builder.objectField(Room, 'auctions', (t) =>
    t.field({
      type: AuctionConnection,
      args: { first: t.arg.int(), after: t.arg.string(), phase: t.arg({ type: AuctionPhase }) },
      ...costs({ weight: SHARE }),
      resolve: auctionsOfRoom,
    }),
  )
}
