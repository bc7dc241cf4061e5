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
  /** Newest first, at most 200. Voided bids have `voidedAt` and `voidReason`. */
  readonly bids: readonly Bid[]
  /** Bids voided since the snapshot that `bids` does not hold, by id: apply them to earlier pages. */
  readonly voided: ReadonlyMap<string, Bid>
  /** Cursor of the snapshot that the state started with. When it changes, load earlier pages again. */
  readonly snapshot: string
  /** The last entry. */
  readonly latest: LiveAuctionSubscription['bids']
}

const MAX_BIDS = 200

export function liveAuction(
  auctionId: string,
): LiveDefinition<AuctionState, LiveAuctionSubscription, LiveAuctionSubscriptionVariables> {
  return { operation: { query: LiveAuctionDocument, variables: { auctionId } }, reduce }
}

function reduce(state: AuctionState | undefined, { bids: latest }: LiveAuctionSubscription): AuctionState {
  const { bids: held = [], voided = new Map<string, Bid>(), snapshot = '' } = state ?? {}
  switch (latest.__typename) {
    case 'AuctionSnapshot': {
      const { bids, ...auction } = latest.auction
      const newest = bids.edges.map(({ node }) => node)
      return { auction, bids: newest, voided: new Map(), snapshot: latest.cursor, latest }
    }
    case 'BidPlaced':
      return {
        auction: latest.auction,
        bids: [latest.bid, ...held].slice(0, MAX_BIDS),
        ...{ voided, snapshot, latest },
      }
    case 'BidVoided': {
      const { auction, bids } = latest
      const changes = new Map(bids.map((bid) => [bid.id, bid]))
      const isHeld = new Set(held.map(({ id }) => id))
      return {
        auction,
        bids: held.map((bid) => changes.get(bid.id) ?? bid),
        voided: new Map([
          ...voided,
          ...bids.filter(({ id }) => !isHeld.has(id)).map((bid) => [bid.id, bid] as const),
        ]),
        ...{ snapshot, latest },
      }
    }
    default:
      return { auction: latest.auction, bids: held, voided, snapshot, latest }
  }
}
