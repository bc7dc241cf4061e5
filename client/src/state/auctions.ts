import {
  LiveAuctionsDocument,
  type LiveAuctionsSubscription,
  type LiveAuctionsSubscriptionVariables,
} from '../gql/graphql.ts'
import type { Auction } from './auction.ts'
import type { LiveDefinition } from './live.ts'

/** Those that are not over and those that ended since, in the order in which they end. */
export type AuctionsState = readonly Auction[]

/** Of one room, or, with null, all that the caller may see. The latest state of each, at most once a second. */
export function liveAuctions(
  roomId: string | null,
): LiveDefinition<AuctionsState, LiveAuctionsSubscription, LiveAuctionsSubscriptionVariables> {
  return { operation: { query: LiveAuctionsDocument, variables: { roomId } }, reduce }
}

function reduce(
  state: AuctionsState = [],
  { auctionUpdates: auction }: LiveAuctionsSubscription,
): AuctionsState {
  return [...state.filter(({ id }) => id !== auction.id), auction].sort((one, other) =>
    one.endsAt === other.endsAt ? (one.id < other.id ? -1 : 1) : one.endsAt < other.endsAt ? -1 : 1,
  )
}
