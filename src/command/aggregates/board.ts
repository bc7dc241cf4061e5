import { and, asc, inArray, isNull, sql } from 'drizzle-orm'
import type { Bid } from '../../domain/auction/auction.ts'
import { TOLD_RANKS } from '../../domain/ranking/changes.ts'
import type { Score } from '../../domain/ranking/standing.ts'
import { type Amount, amount } from '../../kernel/amount.ts'
import { asUserId, type UserId } from '../../kernel/id.ts'
import { instant } from '../../kernel/instant.ts'
import type { Topic } from '../../kernel/topic.ts'
import type { Transaction } from '../../log/database.ts'
import { bids } from '../../log/schema.ts'

/** A score as a batch has it at hand. */
export interface BoardScore extends Score {
  /** How many better ones were not loaded: they don't move within the batch. */
  readonly unseenAbove: number
}

export interface Board {
  readonly scores: readonly BoardScore[]
  /** All scores above this one are loaded; null where all are. */
  readonly floor: Amount | null
}

/** The ranks told, and one more, who is next. */
const TOP = TOLD_RANKS + 1

interface Row extends Record<string, unknown> {
  readonly id: string | null
  readonly name: string
  readonly score: string
  readonly at: number
  readonly reached: string
  /** Null for those of the top. */
  readonly place: string | null
}

/** The top of a board, or the whole, and `bidders` wherever they stand; undefined where it has not begun. */
export async function loadBoard(
  tx: Transaction,
  board: Topic,
  leader: UserId | null,
  bidders: readonly UserId[],
  part: 'top' | 'whole',
): Promise<Board | undefined> {
  const limit = part === 'top' ? TOP : null
  const { rows } = await tx.execute<Row>(sql`
    WITH top AS MATERIALIZED (
      SELECT * FROM standings WHERE board = ${board}
      ORDER BY score DESC, coalesce(user_id = ${leader}::text, false) DESC, reached LIMIT ${limit}::bigint),
    found AS (
      SELECT *, NULL::bigint AS place FROM top
      UNION ALL
      SELECT own.*, (
        SELECT count(*) FROM standings AS other WHERE other.board = own.board AND (
          other.score > own.score OR (other.score = own.score AND (
            other.user_id = ${leader}::text OR (other.reached < own.reached AND own.user_id IS DISTINCT FROM ${leader}::text)))))
      FROM standings AS own WHERE own.board = ${board}
        AND own.user_id IN (SELECT json_array_elements_text(${JSON.stringify(bidders)}::json))
        AND own.user_id NOT IN (SELECT user_id FROM top))
    SELECT found.user_id AS id, user_name AS name, score, (extract(epoch FROM reached_at) * 1000)::float8 AS at, reached, place
    FROM topics LEFT JOIN found ON true WHERE topics.topic = ${board}
    ORDER BY place ASC NULLS FIRST, score DESC`)
  if (rows.length === 0) return undefined
  const found = rows.flatMap((row) => (row.id === null ? [] : [{ ...row, id: row.id }]))
  const top = found.filter(({ place }) => place === null)
  const scores = found.map(({ id, name, score, at, reached, place }, index) => ({
    user: { id: asUserId(id), name },
    score: amount(Number(score)),
    reachedAt: instant(at),
    reached: Number(reached),
    // Those that come before it here are all those loaded that are better.
    unseenAbove: place === null ? 0 : Number(place) - index,
  }))
  const last = scores[top.length - 1]
  const isCut = part === 'top' && top.length === TOP
  return { scores, floor: isCut && last !== undefined ? last.score : null }
}

/** The visible bids, in order, of the bidders of `struck`. */
export async function loadStandingBids(tx: Transaction, struck: readonly Bid[]): Promise<readonly Bid[]> {
  if (struck.length === 0) return []
  const auctionIds = [...new Set(struck.map(({ auctionId }) => auctionId))]
  const bidderIds = [...new Set(struck.map(({ bidder }) => bidder.id))]
  const rows = await tx
    .select()
    .from(bids)
    .where(and(inArray(bids.auctionId, auctionIds), inArray(bids.bidderId, bidderIds), isNull(bids.voidedAt)))
    .orderBy(asc(bids.sequence))
  return rows.map(({ bidderId, bidderName, ...bid }) => ({
    ...bid,
    bidder: { id: bidderId, name: bidderName },
  }))
}
