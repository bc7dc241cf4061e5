import { BID_OUTCOMES } from '../features/auctions/rules/auction.ts'
import { LOOKUP } from '../platform/limits/field-cost.ts'
import {
  type AuctionPayload as AuctionPayloadShape,
  type BidAccepted as BidAcceptedShape,
  bidAccepted,
  buyNow,
  cancelAuction,
  changeAuction,
  createAuction,
  placeBid,
  voidBid,
} from '../resolvers/auction-mutations.ts'
import { Auction, AuctionFormat } from './auction.ts'
import { Bid } from './bid.ts'
import type { Builder } from './builder.ts'
import { asCaller, asCallerOf, costs } from './field.ts'
import { RemoveMemberArguments } from './membership-mutation.ts'
import { Rejected } from './result.ts'

/** Commands on auctions, and bids. */
export function addAuctionMutations(builder: Builder): void {
  addCommands(builder)
  addBidding(builder)
  builder.objectField(Rejected, 'minimum', (t) =>
    t.expose('minimum', {
      type: 'Amount',
      nullable: true,
      description: 'BID_BELOW_MINIMUM: the lowest amount that would be accepted.',
    }),
  )
  RemoveMemberArguments.extend(
    builder,
    builder.args((t) => ({
      voidBids: t.boolean({
        defaultValue: false,
        description:
          "Void all the user's bids and maximums in the room's open auctions as well, as voidBid would, with `reason`.",
      }),
    })),
  )
}

function addCommands(builder: Builder): void {
  const AuctionPayload = builder.objectRef<AuctionPayloadShape>('AuctionPayload').implement({
    fields: (t) => ({
      auction: t.expose('auction', { type: Auction }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  const AuctionResult = builder.unionType('AuctionResult', {
    types: [AuctionPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : AuctionPayload),
  })

  const CreateAuctionInput = createInput(builder)

  builder.mutationFields((t) => ({
    createAuction: t.field({
      type: AuctionResult,
      args: { input: t.arg({ type: CreateAuctionInput, required: true }) },
      resolve: asCallerOf(createAuction),
    }),
    pauseAuction: t.field({
      type: AuctionResult,
      args: { auctionId: t.arg.id({ required: true }) },
      resolve: asCaller(changeAuction('pause')),
    }),
    resumeAuction: t.field({
      type: AuctionResult,
      args: { auctionId: t.arg.id({ required: true }) },
      resolve: asCaller(changeAuction('resume')),
    }),
    hammerAuction: t.field({
      type: AuctionResult,
      description: 'Ends bidding now: sold if the reserve is met, else unsold.',
      args: { auctionId: t.arg.id({ required: true }) },
      resolve: asCaller(changeAuction('hammer')),
    }),
    cancelAuction: t.field({
      type: AuctionResult,
      args: { auctionId: t.arg.id({ required: true }), reason: t.arg.string({ required: true }) },
      resolve: asCaller(cancelAuction),
    }),
    voidBid: t.field({
      type: AuctionResult,
      description:
        'Moderators. Voids a bid and all later bids and maximums of its bidder, and recomputes the auction from those that ' +
        'remain; automatic bids that this no longer yields are voided, too. Of a bid that a recomputation voided, it voids the maximum ' +
        'that still counts. Answers the same if nothing is left to void.',
      args: { bidId: t.arg.id({ required: true }), reason: t.arg.string({ required: true }) },
      resolve: asCaller(voidBid),
    }),
  }))
}

function createInput(builder: Builder) {
  const IncrementBandInput = builder.inputType('IncrementBandInput', {
    fields: (t) => ({
      from: t.field({ type: 'Amount', required: true }),
      step: t.field({ type: 'Amount', required: true }),
    }),
  })

  const SoftCloseInput = builder.inputType('SoftCloseInput', {
    fields: (t) => ({
      windowMs: t.int({ required: true }),
      extensionMs: t.int({ required: true }),
      capMs: t.int({ required: true }),
    }),
  })

  return builder.inputType('CreateAuctionInput', {
    fields: (t) => ({
      roomId: t.id({ required: true }),
      title: t.string({ required: true }),
      description: t.string(),
      format: t.field({ type: AuctionFormat }),
      currency: t.string({
        required: true,
        description: 'A code of ISO 4217, or 3 to 8 capital letters and digits of your own.',
      }),
      currencyExponent: t.int({
        description:
          'Number of decimal digits of the minor unit, 0 to 8: the first auction in a code outside ISO 4217 fixes it, as 0 unless given. For a code of ISO 4217, or one that is fixed, any other value is INVALID_INPUT.',
      }),
      startingPrice: t.field({ type: 'Amount', required: true }),
      reservePrice: t.field({ type: 'Amount' }),
      buyNowPrice: t.field({ type: 'Amount' }),
      increments: t.field({ type: [IncrementBandInput] }),
      softClose: t.field({ type: SoftCloseInput }),
      funded: t.boolean(),
      startsAt: t.field({ type: 'DateTime' }),
      endsAt: t.field({ type: 'DateTime', required: true }),
      sellerId: t.id({
        description:
          'The creator if left out. Users who may create auctions in the room may name another seller.',
      }),
      idempotencyKey: t.string(),
    }),
  })
}

function addBidding(builder: Builder): void {
  const PlaceBidResult = placeBidResult(builder)

  const PlaceBidInput = builder.inputType('PlaceBidInput', {
    description:
      'Exactly one of `amount` (bid exactly this) and `maximum` (the server bids on your behalf, up to this amount).',
    fields: (t) => ({
      auctionId: t.id({ required: true }),
      amount: t.field({ type: 'Amount' }),
      maximum: t.field({ type: 'Amount' }),
      idempotencyKey: t.string({ required: true }),
    }),
  })

  builder.mutationFields((t) => ({
    placeBid: t.field({
      type: PlaceBidResult,
      args: { input: t.arg({ type: PlaceBidInput, required: true }) },
      resolve: asCallerOf(placeBid),
    }),
    buyNow: t.field({
      type: PlaceBidResult,
      args: {
        auctionId: t.arg.id({ required: true }),
        price: t.arg({ type: 'Amount', required: true }),
        idempotencyKey: t.arg.string({ required: true }),
      },
      resolve: asCaller(buyNow),
    }),
  }))
}

function placeBidResult(builder: Builder) {
  const BidOutcome = builder.enumType('BidOutcome', {
    description:
      'LEADING_RESERVE_NOT_MET: leading, but below the reserve. OUTBID: accepted, but immediately beaten by a higher maximum. MAXIMUM_RAISED: the leader raised their own maximum; the price did not change.',
    values: BID_OUTCOMES,
  })

  const BidAccepted = builder.objectRef<BidAcceptedShape>('BidAccepted').implement({
    description:
      "`bid` is null when only a maximum was raised. `cursor` is the position after this command's last entry.\n" +
      'A retry with the same key gets the same outcome, bid and cursor, and the auction as it is now.',
    fields: (t) => ({
      outcome: t.expose('outcome', { type: BidOutcome }),
      bid: t.field({
        type: Bid,
        nullable: true,
        ...costs({ weight: LOOKUP }),
        resolve: (parent, _args, context) => bidAccepted(parent, context),
      }),
      auction: t.expose('auction', { type: Auction }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  return builder.unionType('PlaceBidResult', {
    types: [BidAccepted, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : BidAccepted),
  })
}
