import type { UserId } from '../../../engine/kernel/id.ts'
import type { RankingMethod } from '../../rooms/rules/room.ts'
import type { RankingStep } from './order.ts'
import { rank } from './rank.ts'
import type { Ranked, Score, Standing } from './standing.ts'

/** Changes beyond this rank are not announced. */
export const ANNOUNCED_RANKS = 100
/**
 * Maximum number of standings that share the announced ranks: if a whole board were at rank 1, one change would
 * announce all of it.
 */
const TOLD_PLACES = 1000

export interface RankingChanges {
  /** Users whose scores changed, or whose time of reaching them changed after a void, and new users. */
  readonly scores: readonly Standing[]
  /** Users who left the ranking. */
  readonly removed: readonly UserId[]
  /**
   * Users whose rank changed to or from one of the first hundred, and users who entered the first hundred places:
   * with shared ranks their rank may be unchanged, but a reader of that many places does not have them.
   */
  readonly ranks: readonly Standing[]
}

/**
 * The changes of a ranking, best first. A reader who removes `removed` and merges the standings by user ends up with
 * no user at another's rank.
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

/** The users at the announced ranks. */
function top(scores: readonly Score[], method: RankingMethod): readonly UserId[] {
  return rank(scores.slice(0, TOLD_PLACES), method)
    .filter((each) => each.rank <= ANNOUNCED_RANKS)
    .map((each) => each.score.user.id)
}

const NOBODY: ReadonlySet<UserId> = new Set()

/**
 * Users who entered the first places without a new score because others fell, followed by users at the same rank, so
 * that appending them to the standings a reader holds gives the right order.
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
