import {
  LiveLeaderboardDocument,
  type LiveLeaderboardSubscription,
  type LiveLeaderboardSubscriptionVariables,
  type StandingPartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Standing = StandingPartsFragment

/** Best first. The first 100 places are exact; users moved below them by the last change may follow. */
export type LeaderboardState = readonly Standing[]

type Definition = LiveDefinition<
  LeaderboardState,
  LiveLeaderboardSubscription,
  LiveLeaderboardSubscriptionVariables
>

/** The ranking of an auction's bidders. */
export function liveAuctionLeaderboard(auctionId: string): Definition {
  return {
    operation: { query: LiveLeaderboardDocument, variables: { auctionId } },
    // Entries written before `removedUserIds` existed list removed users with a score of 0.
    reduce: (state, result) => reduce(state, result).filter(({ score }) => score > 0),
  }
}

/** The ranking of a room. */
export function liveRoomLeaderboard(roomId: string): Definition {
  return { operation: { query: LiveLeaderboardDocument, variables: { roomId } }, reduce }
}

function reduce(
  state: LeaderboardState = [],
  { leaderboard: entry }: LiveLeaderboardSubscription,
): LeaderboardState {
  switch (entry.__typename) {
    case 'LeaderboardSnapshot':
      return entry.leaderboard.standings
    case 'LeaderboardSnapshotCreated':
      return state
    default: {
      const changed = new Map(entry.standings.map((standing) => [standing.user.id, standing]))
      const removed = new Set('removedUserIds' in entry ? entry.removedUserIds : [])
      // The ranks agree before an update, and again after the RankingChanged that follows. Everyone who enters the first places
      // is told of then: users held below them would keep a place of long ago.
      const held = entry.__typename === 'LeaderboardUpdated' ? state.slice(0, PLACES) : state
      const others = held.filter(({ user }) => !changed.has(user.id) && !removed.has(user.id))
      return [...others, ...changed.values()].sort(byRank)
    }
  }
}

const PLACES = 100

/** Those of one rank and moment stay in the order in which they came. */
function byRank(one: Standing, other: Standing): number {
  if (one.rank !== other.rank || one.reachedAt === other.reachedAt) return one.rank - other.rank
  return one.reachedAt < other.reachedAt ? -1 : 1
}
