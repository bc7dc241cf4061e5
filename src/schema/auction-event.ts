import type { Instant } from '../engine/kernel/instant.ts'
import type { Bid as BidShape } from '../features/auctions/rules/auction.ts'
import type { AuctionEvent } from '../features/auctions/source.ts'
import { auctionStatePlan, auctionUpdatesPlan, bidsPlan } from '../features/auctions/subscriptions.ts'
import type { AuctionView } from '../features/auctions/view.ts'
import { Auction, AuctionWinner } from './auction.ts'
import { Bid } from './bid.ts'
import type { Builder, TypeOf } from './builder.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { costs, servedBy } from './field.ts'

type Snapshot = PresentedSnapshot & { readonly auction: AuctionView }
type Placed = AuctionEvent & { readonly bid: BidShape }
type Voided = Placed & { readonly reason: string }
type Extended = AuctionEvent & { readonly previousEndsAt: Instant }
type Sold = AuctionEvent & { readonly winner: NonNullable<AuctionEvent['winner']> }
type Cancelled = AuctionEvent & { readonly reason: string }

/** An event that contains only the auction. */
function plainEvent(builder: Builder, name: string): TypeOf<AuctionEvent> {
  return builder.objectRef<AuctionEvent>(name).implement({
    interfaces: [Event],
    fields: (t) => ({ auction: t.expose('auction', { type: Auction }) }),
  })
}

/** The subscriptions to auctions, and the entries of their history. */
export function addAuctionEvents(builder: Builder): void {
  const BidEvent = builder.unionType('BidEvent', {
    types: [
      snapshot(builder),
      plainEvent(builder, 'AuctionStarted'),
      plainEvent(builder, 'AuctionPaused'),
      plainEvent(builder, 'AuctionResumed'),
      bidPlaced(builder),
      bidVoided(builder),
      extended(builder),
      plainEvent(builder, 'ReserveMet'),
      sold(builder),
      plainEvent(builder, 'AuctionUnsold'),
      cancelled(builder),
    ],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionFields((t) => ({
    bids: t.field({
      type: BidEvent,
      args: { auctionId: t.arg.id({ required: true }), after: t.arg({ type: 'Cursor' }) },
      ...servedBy(bidsPlan),
    }),
    auctionState: t.field({
      type: Auction,
      description: 'The auction as a ticker: always the latest state, intermediate ones may be skipped.',
      args: { auctionId: t.arg.id({ required: true }), everyMs: t.arg.int() },
      ...servedBy(auctionStatePlan),
    }),
    auctionUpdates: t.field({
      type: Auction,
      description:
        'The auctions of one room, or all that the caller may see, as a ticker for lists: first each open auction, ' +
        'then each created or changed auction in its latest state, each at most once per period.',
      args: { roomId: t.arg.id(), everyMs: t.arg.int() },
      ...servedBy(auctionUpdatesPlan),
    }),
  }))
}

function snapshot(builder: Builder): TypeOf<Snapshot> {
  return builder.objectRef<Snapshot>('AuctionSnapshot').implement({
    interfaces: [Event],
    description: 'The state at `cursor`; everything after follows.',
    fields: (t) => ({
      reset: t.exposeBoolean('reset', { description: RESET }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })
}

function bidPlaced(builder: Builder): TypeOf<Placed> {
  return builder.objectRef<Placed>('BidPlaced').implement({
    interfaces: [Event],
    description:
      "One visible bid. A command that makes a proxy answer yields two entries, the challenger's first.",
    fields: (t) => ({
      bid: t.expose('bid', { type: Bid }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })
}

function bidVoided(builder: Builder): TypeOf<Voided> {
  return builder.objectRef<Voided>('BidVoided').implement({
    interfaces: [Event],
    description:
      'Bids that no longer count. `auction` shows the recomputed price and leader; if no bid of the leader stands at ' +
      'that price, a BidPlaced with their automatic bid follows.',
    fields: (t) => ({
      bid: t.expose('bid', {
        type: Bid,
        description: 'The bid that the moderator named, or the first of a removed bidder.',
      }),
      bids: t.field({
        type: [Bid],
        description:
          'All bids that were voided, in order of acceptance; each says why in `voidReason`. `bid` is one of them unless it was ' +
          'voided before: then the maximum behind it was voided.',
        ...costs({ size: 5 }),
        resolve: ({ bid, bids }) => bids ?? [bid],
      }),
      reason: t.exposeString('reason', { description: 'The moderator’s reason; may be empty.' }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })
}

function extended(builder: Builder): TypeOf<Extended> {
  return builder.objectRef<Extended>('AuctionExtended').implement({
    interfaces: [Event],
    fields: (t) => ({
      previousEndsAt: t.expose('previousEndsAt', { type: 'DateTime' }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })
}

function sold(builder: Builder): TypeOf<Sold> {
  return builder.objectRef<Sold>('AuctionSold').implement({
    interfaces: [Event],
    fields: (t) => ({
      winner: t.expose('winner', { type: AuctionWinner }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })
}

function cancelled(builder: Builder): TypeOf<Cancelled> {
  return builder.objectRef<Cancelled>('AuctionCancelled').implement({
    interfaces: [Event],
    fields: (t) => ({
      reason: t.exposeString('reason'),
      auction: t.expose('auction', { type: Auction }),
    }),
  })
}
