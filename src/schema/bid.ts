import { BID_KINDS, type Bid as BidShape } from '../features/auctions/rules/auction.ts'
import { VOID_REASONS, type VoidReason as VoidReasonShape } from '../features/auctions/rules/void-reason.ts'
import { SHARE } from '../platform/limits/field-cost.ts'
import { biddingOfViewer, bidsOfAuction, maximumOfViewer, type OwnBidding } from '../resolvers/auctions.ts'
import { Auction } from './auction.ts'
import type { Builder } from './builder.ts'
import { connectionType } from './connection.ts'
import { costs, readsViewer } from './field.ts'
import { Node } from './node.ts'
import { User } from './person.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'

export const Bid = new SharedObject<BidShape>('Bid')
const VoidReason = new SharedEnum<VoidReasonShape>('VoidReason')

/** Bids, and the viewer's own. */
export function addBidTypes(builder: Builder): void {
  addVoidReason(builder)
  addBid(builder)
  addBidsOfAuction(builder)
}

function addVoidReason(builder: Builder): void {
  VoidReason.in(builder, {
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
        description: 'Its bidder would lead again, but their wallet does not cover the bid.',
        value: VOID_REASONS[2],
      },
    },
  })
}

function addBid(builder: Builder): void {
  const BidKind = builder.enumType('BidKind', { values: BID_KINDS })

  Bid.in(builder).implement({
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
        description: 'When it was voided; null if it was not.',
      }),
      voidReason: t.field({
        type: VoidReason,
        nullable: true,
        description: 'Why it was voided; null if it was not.',
        resolve: voidReasonOf,
      }),
    }),
  })
}

/** Bids voided before reasons were stored were all voided by a moderator. */
function voidReasonOf({ voidedAt, voidReason }: BidShape): VoidReasonShape | null {
  return voidedAt === null ? null : (voidReason ?? 'MODERATED')
}

function addBidsOfAuction(builder: Builder): void {
  const BidConnection = connectionType(builder, 'Bid', Bid)

  const MyBidding = builder.objectRef<OwnBidding>('MyBidding').implement({
    description:
      "The viewer's own position in an auction. All fields but `leading` show the current values, in events as well.",
    fields: (t) => ({
      leading: t.exposeBoolean('leading', { description: 'Whether the viewer leads, or won.' }),
      highestBid: t.expose('highestBid', {
        type: Bid,
        nullable: true,
        description: "The viewer's highest visible bid that was not voided. Null if all were.",
      }),
      maximum: t.expose('maximum', {
        type: 'Amount',
        nullable: true,
        description:
          'The most that the viewer offers: the same as `myMaximum`. Null if all bids were voided.',
      }),
      held: t.expose('held', {
        type: 'Amount',
        description: "The amount held in the viewer's wallet for this auction. 0 if nothing is held.",
      }),
    }),
  })

  builder.objectFields(Auction, (t) => ({
    bids: t.field({
      type: BidConnection,
      description: 'Newest first.',
      args: { first: t.arg.int(), after: t.arg.string() },
      ...costs({ weight: SHARE }),
      resolve: bidsOfAuction,
    }),
    myMaximum: t.field({
      type: 'Amount',
      nullable: true,
      description: "The viewer's own maximum, or null. Never visible to anyone else.",
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
}
