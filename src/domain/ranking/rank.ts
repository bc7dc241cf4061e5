import type { UserId } from '../../kernel/id.ts'
import type { RankingMethod } from '../room/room.ts'
import type { Ranked, Score } from './standing.ts'

/** Highest first. Among equals `leader` comes first, then who got there first. */
export function inOrder<S extends Score>(scores: readonly S[], leader: UserId | null): readonly S[] {
  const behindLeader = ({ user }: Score): number => (user.id === leader ? 0 : 1)
  return scores.toSorted(
    (one, other) =>
      other.score - one.score || behindLeader(one) - behindLeader(other) || one.reached - other.reached,
  )
}

/** The ranks of `scores`, which stand in order, from the first place on. */
export function rank(scores: readonly Score[], method: RankingMethod): readonly Ranked[] {
  let last = 0
  return scores.map((score, index) => {
    const isTied = scores[index - 1]?.score === score.score
    if (method === 'ORDINAL' || !isTied) last = method === 'DENSE' ? last + 1 : index + 1
    return { rank: last, score }
  })
}
