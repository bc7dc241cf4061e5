import type { Amount } from '../../../engine/kernel/amount.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'

/** What one user has, and when it was reached. */
export interface Score {
  readonly user: Person
  readonly score: Amount
  readonly reachedAt: Instant
  /** Among equal scores the lower got there first. */
  readonly reached: number
}

/** A score and its place among the others. */
export interface Ranked {
  readonly rank: number
  readonly score: Score
}

/** What entries and snapshots of a leaderboard carry. */
export interface Standing {
  readonly rank: number
  readonly user: Person
  readonly score: Amount
  /** Before the change that the entry tells of; in a snapshot, before the score last changed. Null for who was new. */
  readonly previousRank: number | null
  readonly reachedAt: Instant
}
