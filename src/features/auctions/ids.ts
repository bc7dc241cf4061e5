import type { Brand } from '../../engine/kernel/brand.ts'
import { defineId } from '../../engine/kernel/id.ts'

export type AuctionId = Brand<string, 'AuctionId'>
export type BidId = Brand<string, 'BidId'>

export const auctionIds = defineId<AuctionId>('auc_')
export const newAuctionId = auctionIds.create
export const asAuctionId = auctionIds.as

export const bidIds = defineId<BidId>('bid_')
export const newBidId = bidIds.create
export const asBidId = bidIds.as
