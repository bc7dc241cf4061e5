import { auctionNode, bidNode } from '../../resolvers/auctions.ts'
import { addAuctionTypes } from '../../schema/auction.ts'
import { addAuctionEvents } from '../../schema/auction-event.ts'
import { addAuctionMutations } from '../../schema/auction-mutation.ts'
import { addAuctionAudit } from '../../schema/audit.ts'
import { addBidTypes } from '../../schema/bid.ts'
import type { SchemaFeature } from '../../schema/contribution.ts'
import { roomHooks } from '../rooms/hooks.ts'
import { auctionFamily } from './family.ts'
import { moveAuctions } from './room-deadlines.ts'
import { AUCTION_REJECTIONS } from './rules/rejections.ts'
import { verifyAuctions } from './verify/auctions.ts'

export const auctions: SchemaFeature = {
  name: 'auctions',
  requires: ['users', 'rooms', 'wallets'],
  families: [auctionFamily],
  schema: {
    parts: [addAuctionTypes, addBidTypes, addAuctionEvents, addAuctionMutations, addAuctionAudit],
    nodes: [auctionNode, bidNode],
    rejections: AUCTION_REJECTIONS,
  },
  hooks: () => [roomHooks.implement({ onTransition: moveAuctions })],
  verify: verifyAuctions,
}
