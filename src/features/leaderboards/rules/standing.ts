import type { Amount } from '../../../engine/kernel/amount.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'

/** One user's score, and when they reached it. */
export interface Score {
  readonly user: Person
  readonly score: Amount
  readonly reachedAt: Instant
  /** Breaks ties: the lower value reached the score first. */
  readonly reached: number
}

/** A score with its rank. */
export interface Ranked {
  readonly rank: number
  readonly score: Score
}

/** A standing as entries and snapshots of a leaderboard carry it. */
export interface Standing {
  readonly rank: number
  readonly user: Person
  readonly score: Amount
  /** The rank before the change in this entry; in a snapshot, before the score last changed. Null for a new user. */
  readonly previousRank: number | null
  readonly reachedAt: Instant
}
