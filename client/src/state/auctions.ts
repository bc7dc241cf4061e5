import {
  type AuctionPhase,
  LiveAuctionsDocument,
  type LiveAuctionsSubscription,
  type LiveAuctionsSubscriptionVariables,
} from '../gql/graphql.ts'
import type { Auction } from './auction.ts'
import type { LiveDefinition } from './live.ts'

/** Those that are not over and those that ended since, the latest 100 of these at most, in the order in which they end. */
export type AuctionsState = readonly Auction[]

/** Of one room, or, with null, all that the caller may see. The latest state of each, at most once a second. */
export function liveAuctions(
  roomId: string | null,
): LiveDefinition<AuctionsState, LiveAuctionsSubscription, LiveAuctionsSubscriptionVariables> {
  return {
    operation: { query: LiveAuctionsDocument, variables: { roomId } },
    reduce,
    // Those that are not over are told anew; of one that ended meanwhile nothing is told.
    afterGap: (state) => state.filter(isOver),
  }
}

const MAX_OVER = 100
const OVER: readonly string[] = ['SOLD', 'UNSOLD', 'CANCELLED'] satisfies readonly AuctionPhase[]

function reduce(
  state: AuctionsState = [],
  { auctionUpdates: auction }: LiveAuctionsSubscription,
): AuctionsState {
  const all = [...state.filter(({ id }) => id !== auction.id), auction].sort((one, other) =>
    one.endsAt === other.endsAt ? (one.id < other.id ? -1 : 1) : one.endsAt < other.endsAt ? -1 : 1,
  )
  const over = all.filter(isOver)
  const oldest = over.length > MAX_OVER ? over[0] : undefined
  return all.filter((each) => each !== oldest)
}

function isOver({ phase }: Auction): boolean {
  return OVER.includes(phase)
}
