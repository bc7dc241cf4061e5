import {
  type AuctionPartsFragment,
  type BidPartsFragment,
  LiveAuctionDocument,
  type LiveAuctionSubscription,
  type LiveAuctionSubscriptionVariables,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Auction = AuctionPartsFragment
export type Bid = BidPartsFragment

export interface AuctionState {
  readonly auction: Auction
  /** Newest first, the latest 200 at most; voided ones have `voidedAt` and `voidReason`. */
  readonly bids: readonly Bid[]
  /** What came last. */
  readonly latest: LiveAuctionSubscription['bids']
}

const MAX_BIDS = 200

export function liveAuction(
  auctionId: string,
): LiveDefinition<AuctionState, LiveAuctionSubscription, LiveAuctionSubscriptionVariables> {
  return { operation: { query: LiveAuctionDocument, variables: { auctionId } }, reduce }
}

function reduce(state: AuctionState | undefined, { bids: latest }: LiveAuctionSubscription): AuctionState {
  switch (latest.__typename) {
    case 'AuctionSnapshot': {
      const { bids, ...auction } = latest.auction
      return { auction, bids: bids.edges.map(({ node }) => node), latest }
    }
    case 'BidPlaced':
      return {
        auction: latest.auction,
        bids: [latest.bid, ...(state?.bids ?? [])].slice(0, MAX_BIDS),
        latest,
      }
    case 'BidVoided': {
      const { auction, bids } = latest
      const voided = new Map(bids.map((bid) => [bid.id, bid]))
      return { auction, bids: (state?.bids ?? []).map((bid) => voided.get(bid.id) ?? bid), latest }
    }
    default:
      return { auction: latest.auction, bids: state?.bids ?? [], latest }
  }
}
