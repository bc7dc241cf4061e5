import type { UserId } from '../../../engine/kernel/id.ts'
import type { RankingMethod } from '../../rooms/rules/room.ts'
import type { Ranked, Score } from './standing.ts'

/** The ranks of sorted `scores`, from the first place on; only of the users `wanted`, if given. */
export function rank(
  scores: readonly Score[],
  method: RankingMethod,
  wanted?: ReadonlySet<UserId>,
): readonly Ranked[] {
  const ranked: Ranked[] = []
  let [place, last] = [0, 0]
  let previous: Score | undefined
  for (const score of scores) {
    place += 1
    if (method === 'ORDINAL' || previous?.score !== score.score) last = method === 'DENSE' ? last + 1 : place
    if (wanted === undefined || wanted.has(score.user.id)) ranked.push({ rank: last, score })
    previous = score
  }
  return ranked
}
