import type { Amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Standing } from './standing.ts'

/** A standing as stored in entries, without field names: those alone would make up most of a hot auction's history. */
export type PackedStanding = readonly [
  rank: number,
  previousRank: number | null,
  score: Amount,
  reachedAt: Instant,
  userId: UserId,
  userName: string,
]

export function pack({ rank, previousRank, score, reachedAt, user }: Standing): PackedStanding {
  return [rank, previousRank, score, reachedAt, user.id, user.name]
}

export function unpack([rank, previousRank, score, reachedAt, id, name]: PackedStanding): Standing {
  return { rank, previousRank, score, reachedAt, user: { id, name } }
}
