import type { Instant } from '../engine/kernel/instant.ts'
import type { Bid as BidShape } from '../features/auctions/rules/auction.ts'
import type { AuctionEvent } from '../features/auctions/source.ts'
import { auctionStatePlan, auctionUpdatesPlan, bidsPlan } from '../features/auctions/subscriptions.ts'
import type { AuctionView } from '../features/auctions/view.ts'
import { Auction, AuctionWinner, Bid } from './auction.ts'
import { builder, type TypeOf } from './builder.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { costs, servedBy } from './field.ts'

const AuctionSnapshot = builder
  .objectRef<PresentedSnapshot & { readonly auction: AuctionView }>('AuctionSnapshot')
  .implement({
    interfaces: [Event],
    description: 'The state at `cursor`; everything after follows.',
    fields: (t) => ({
      reset: t.exposeBoolean('reset', { description: RESET }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })

/** An event that shows the auction and nothing else. */
function plainEvent(name: string): TypeOf<AuctionEvent> {
  return builder.objectRef<AuctionEvent>(name).implement({
    interfaces: [Event],
    fields: (t) => ({ auction: t.expose('auction', { type: Auction }) }),
  })
}

const AuctionStarted = plainEvent('AuctionStarted')
const AuctionPaused = plainEvent('AuctionPaused')
const AuctionResumed = plainEvent('AuctionResumed')
const ReserveMet = plainEvent('ReserveMet')
const AuctionUnsold = plainEvent('AuctionUnsold')

const BidPlaced = builder.objectRef<AuctionEvent & { readonly bid: BidShape }>('BidPlaced').implement({
  interfaces: [Event],
  description:
    "One visible bid. A command that makes a proxy answer yields two entries, the challenger's first.",
  fields: (t) => ({
    bid: t.expose('bid', { type: Bid }),
    auction: t.expose('auction', { type: Auction }),
  }),
})

const BidVoided = builder
  .objectRef<AuctionEvent & { readonly bid: BidShape; readonly reason: string }>('BidVoided')
  .implement({
    interfaces: [Event],
    description:
      'Bids that no longer count. `auction` shows the recomputed price and leader; where no bid of the leader stands at ' +
      'that price, a BidPlaced with their automatic bid follows.',
    fields: (t) => ({
      bid: t.expose('bid', { type: Bid, description: 'The bid that the moderator named.' }),
      bids: t.field({
        type: [Bid],
        description:
          'All bids that were voided, `bid` included, in order of acceptance; each says why in `voidReason`.',
        ...costs({ size: 5 }),
        resolve: ({ bid, bids }) => bids ?? [bid],
      }),
      reason: t.exposeString('reason', { description: 'The moderator’s reason; may be empty.' }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })

const AuctionExtended = builder
  .objectRef<AuctionEvent & { readonly previousEndsAt: Instant }>('AuctionExtended')
  .implement({
    interfaces: [Event],
    fields: (t) => ({
      previousEndsAt: t.expose('previousEndsAt', { type: 'DateTime' }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })

const AuctionSold = builder
  .objectRef<AuctionEvent & { readonly winner: NonNullable<AuctionEvent['winner']> }>('AuctionSold')
  .implement({
    interfaces: [Event],
    fields: (t) => ({
      winner: t.expose('winner', { type: AuctionWinner }),
      auction: t.expose('auction', { type: Auction }),
    }),
  })

const AuctionCancelled = builder
  .objectRef<AuctionEvent & { readonly reason: string }>('AuctionCancelled')
  .implement({
    interfaces: [Event],
    fields: (t) => ({
      reason: t.exposeString('reason'),
      auction: t.expose('auction', { type: Auction }),
    }),
  })

const BidEvent = builder.unionType('BidEvent', {
  types: [
    AuctionSnapshot,
    AuctionStarted,
    AuctionPaused,
    AuctionResumed,
    BidPlaced,
    BidVoided,
    AuctionExtended,
    ReserveMet,
    AuctionSold,
    AuctionUnsold,
    AuctionCancelled,
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
      'The auctions of one room, or all that the caller may see, as a ticker for lists: first each that is not over, ' +
      'then each that was created or changed, latest state, at most once per period each.',
    args: { roomId: t.arg.id(), everyMs: t.arg.int() },
    ...servedBy(auctionUpdatesPlan),
  }),
}))
