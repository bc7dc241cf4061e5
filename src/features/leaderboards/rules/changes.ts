import type { UserId } from '../../../engine/kernel/id.ts'
import type { RankingMethod } from '../../rooms/rules/room.ts'
import type { RankingStep } from './order.ts'
import { rank } from './rank.ts'
import type { Ranked, Score, Standing } from './standing.ts'

/** Ranks and places beyond this one change hands unannounced. */
export const ANNOUNCED_RANKS = 100
/** So many share the ranks that are told, at most: where a whole board is at rank 1, a change would tell of all of it. */
const TOLD_PLACES = 1000

export interface RankingChanges {
  /** Those whose scores changed, or were reached anew after a void, and those who are new. */
  readonly scores: readonly Standing[]
  /** Those who left the ranking. */
  readonly removed: readonly UserId[]
  /**
   * Those who came to another rank, to one of the first hundred or from one, and those who came to one of the first hundred
   * places: where ranks are shared, their rank may be the same as before, and a reader of so many places does not hold them.
   */
  readonly ranks: readonly Standing[]
}

/**
 * What became of a ranking, best first. A reader who takes out `removed` and puts the standings over those it holds, by
 * user, ends with nobody at a rank that belongs to another.
 */
export function changes(step: RankingStep, method: RankingMethod): RankingChanges {
  const before = step.before.scores
  const after = step.after.scores
  const concerned = new Set([...step.changed.keys(), ...top(before, method), ...top(after, method)])
  const previous = new Map(rank(before, method, concerned).map((each) => [each.score.user.id, each]))
  const entered = method === 'ORDINAL' ? NOBODY : enteredFirstPlaces(step)
  const scores: Standing[] = []
  const ranks: Standing[] = []
  const note = (now: Ranked, then: Ranked | undefined): void => {
    const standing = (): Standing => standingOf(now, then?.rank ?? null)
    const isScored = now.score.score !== then?.score.score || now.score.reached !== then.score.reached
    if (isScored) scores.push(standing())
    const isAnnounced = Math.min(now.rank, then?.rank ?? Number.POSITIVE_INFINITY) <= ANNOUNCED_RANKS
    const isNews = now.rank !== then?.rank || entered.has(now.score.user.id)
    if (isAnnounced && isNews) ranks.push(standing())
  }
  for (const now of rank(after, method, concerned)) {
    note(now, previous.get(now.score.user.id))
    previous.delete(now.score.user.id)
  }
  return { scores, ranks, removed: [...previous.keys()] }
}

/** Who holds the ranks that are told. */
function top(scores: readonly Score[], method: RankingMethod): readonly UserId[] {
  return rank(scores.slice(0, TOLD_PLACES), method)
    .filter((each) => each.rank <= ANNOUNCED_RANKS)
    .map((each) => each.score.user.id)
}

const NOBODY: ReadonlySet<UserId> = new Set()

/**
 * Users who entered the first places without a new score because others fell, and the users after them at the same rank, so that
 * appending them to the standings that a reader holds gives the right order.
 */
function enteredFirstPlaces({ before, after, changed }: RankingStep): ReadonlySet<UserId> {
  const held = new Set(before.scores.slice(0, ANNOUNCED_RANKS).map(({ user }) => user.id))
  const entered = new Set<UserId>()
  let equal: number | undefined
  for (const { user, score } of after.scores.slice(0, ANNOUNCED_RANKS)) {
    if ((held.has(user.id) || changed.has(user.id)) && score !== equal) continue
    entered.add(user.id)
    equal = score
  }
  return entered
}

export function standingOf({ rank, score }: Ranked, previousRank: number | null): Standing {
  return { rank, user: score.user, score: score.score, previousRank, reachedAt: score.reachedAt }
}
