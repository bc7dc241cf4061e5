import {
  type AuctionPhase,
  LiveAuctionsDocument,
  type LiveAuctionsSubscription,
  type LiveAuctionsSubscriptionVariables,
} from '../gql/graphql.ts'
import type { Auction } from './auction.ts'
import type { LiveDefinition } from './live.ts'

/** Open auctions, and at most 100 that ended since the subscription started, ordered by their end. */
export type AuctionsState = readonly Auction[]

/** The auctions of one room, or with null all that the caller may see. Updates each at most once a second. */
export function liveAuctions(
  roomId: string | null,
): LiveDefinition<AuctionsState, LiveAuctionsSubscription, LiveAuctionsSubscriptionVariables> {
  return {
    operation: { query: LiveAuctionsDocument, variables: { roomId } },
    reduce,
    // The server sends open auctions again, but not those that ended during the gap.
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
