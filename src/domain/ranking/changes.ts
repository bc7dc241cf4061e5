import { amount } from '../../kernel/amount.ts'
import type { Ranked, Standing } from './standing.ts'

/** Ranks beyond this one change hands unannounced. */
export const TOLD_RANKS = 100

export interface RankingChanges {
  /** Those whose scores changed, and those who are new. */
  readonly scores: readonly Standing[]
  /** Those who came to another rank, to one of the first hundred or from one. */
  readonly ranks: readonly Standing[]
}

/**
 * What became of a ranking, best first. Who left it is told once more, with the score 0, behind all others: a reader who
 * puts the standings told over those that are held, by user, ends with nobody at a rank that belongs to another.
 */
export function changes(before: readonly Ranked[], after: readonly Ranked[]): RankingChanges {
  const previous = new Map(before.map((each) => [each.score.user.id, each]))
  const scores: Standing[] = []
  const ranks: Standing[] = []
  const note = (now: Ranked, then: Ranked | undefined): void => {
    const standing = (): Standing => standingOf(now, then?.rank ?? null)
    if (now.score.score !== then?.score.score) scores.push(standing())
    const isTold = Math.min(now.rank, then?.rank ?? Number.POSITIVE_INFINITY) <= TOLD_RANKS
    if (isTold && now.rank !== then?.rank) ranks.push(standing())
  }
  for (const now of after) {
    note(now, previous.get(now.score.user.id))
    previous.delete(now.score.user.id)
  }
  const behindAll = (after.at(-1)?.rank ?? 0) + 1
  for (const then of previous.values()) {
    note({ rank: behindAll, score: { ...then.score, score: amount(0) } }, then)
  }
  return { scores, ranks }
}

export function standingOf({ rank, score }: Ranked, previousRank: number | null): Standing {
  return { rank, user: score.user, score: score.score, previousRank, reachedAt: score.reachedAt }
}
