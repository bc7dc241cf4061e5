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
    reduce: (state, result) => reduce(byRank, state, result).filter(({ score }) => score > 0),
  }
}

/** The ranking of a room. */
export function liveRoomLeaderboard(roomId: string): Definition {
  return {
    operation: { query: LiveLeaderboardDocument, variables: { roomId } },
    reduce: (state, result) => reduce(byScore, state, result),
  }
}

type Order = (one: Standing, other: Standing) => number

/** Every bidder has a rank of their own. */
const byRank: Order = (one, other) => one.rank - other.rank

/** Users may share a rank, and between two entries a rank may be of before; a score never is. */
const byScore: Order = (one, other) => {
  if (one.score !== other.score || one.reachedAt === other.reachedAt) return other.score - one.score
  return one.reachedAt < other.reachedAt ? -1 : 1
}

const PLACES = 100

function reduce(
  order: Order,
  state: LeaderboardState = [],
  { leaderboard: entry }: LiveLeaderboardSubscription,
): LeaderboardState {
  switch (entry.__typename) {
    case 'LeaderboardSnapshot':
      return entry.leaderboard.standings
    case 'LeaderboardSnapshotCreated':
      return state
    case 'LeaderboardUpdated': {
      const removed = new Set(entry.removedUserIds)
      // Entries list every user who enters the first places; users held below them would keep outdated places.
      const held = state.slice(0, PLACES).filter(({ user }) => !removed.has(user.id))
      return put(entry.standings, held, entry.standings).sort(order)
    }
    case 'RankingChanged':
      return put(entry.standings, state, newcomers(entry.standings, state)).sort(order)
  }
}

/** `held` in its order, with `told` over it, and `last` behind. */
function put(told: LeaderboardState, held: LeaderboardState, last: LeaderboardState): Standing[] {
  const now = new Map(told.map((standing) => [standing.user.id, standing]))
  const behind = new Set(last.map(({ user }) => user.id))
  const others = held.filter(({ user }) => !behind.has(user.id))
  return [...others.map((each) => now.get(each.user.id) ?? each), ...last]
}

/** Standings of users who are not held, and of those after them with the same score. */
function newcomers(told: LeaderboardState, held: LeaderboardState): LeaderboardState {
  const known = new Set(held.map(({ user }) => user.id))
  let equal: number | undefined
  return told.filter(({ user, score }) => {
    if (known.has(user.id) && score !== equal) return false
    equal = score
    return true
  })
}
