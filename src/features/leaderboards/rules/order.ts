import type { UserId } from '../../../engine/kernel/id.ts'
import type { Score } from './standing.ts'

/** Scores, best first; ties go to the leader, then to the earlier one. */
export interface Order {
  readonly scores: readonly Score[]
  readonly leader: UserId | null
}

/** New scores by user; null: removed. */
export type ScoreChanges = ReadonlyMap<UserId, Score | null>

/** Negative if `one` sorts before `other`. */
function compare(one: Score, other: Score, leader: UserId | null): number {
  const behindLeader = ({ user }: Score): number => (user.id === leader ? 0 : 1)
  return other.score - one.score || behindLeader(one) - behindLeader(other) || one.reached - other.reached
}

export function inOrder(scores: readonly Score[], leader: UserId | null): Order {
  return { scores: scores.toSorted((one, other) => compare(one, other, leader)), leader }
}

/** The effect of one command on a ranking. */
export interface RankingStep {
  readonly before: Order
  readonly after: Order
  readonly changed: ScoreChanges
}

/** The order after `changed` and with another leader: equal to sorting again, but cheaper. */
export function reorder(before: Order, changed: ScoreChanges, leader: UserId | null): Order {
  const again: Score[] = []
  for (const score of changed.values()) if (score !== null) again.push(score)
  const kept: Score[] = []
  for (const score of before.scores) {
    const { id } = score.user
    if (changed.has(id)) continue
    if (id === leader || id === before.leader) again.push(score)
    else kept.push(score)
  }
  again.sort((one, other) => compare(one, other, leader))
  return { scores: merge(kept, again, leader), leader }
}

function merge(kept: readonly Score[], again: readonly Score[], leader: UserId | null): readonly Score[] {
  const merged: Score[] = []
  let next = 0
  for (const score of kept) {
    for (let other = again[next]; other && compare(other, score, leader) < 0; other = again[next]) {
      merged.push(other)
      next += 1
    }
    merged.push(score)
  }
  for (const other of again.slice(next)) merged.push(other)
  return merged
}
