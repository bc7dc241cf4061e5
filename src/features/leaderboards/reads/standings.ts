import { type SQL, sql } from 'drizzle-orm'
import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import { asUserId, type UserId } from '../../../engine/kernel/id.ts'
import { formatInstant, type Instant, instant } from '../../../engine/kernel/instant.ts'
import { idOf, type Topic } from '../../../engine/kernel/topic.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Standing } from '../rules/standing.ts'

/** Where a page of a ranking starts. */
export type StandingsPage =
  /**
   * After a standing: after its user while their standing is as the page showed it, else after every standing that
   * preceded it. Skips nobody.
   */
  | { readonly kind: 'after'; readonly userId: UserId; readonly score: Amount; readonly reachedAt: Instant }
  /** Centred on the user, if enough others are on both sides; empty if the user has no rank. */
  | { readonly kind: 'around'; readonly userId: UserId }

interface Row extends Record<string, unknown> {
  readonly rank: string
  readonly id: string
  readonly name: string
  readonly score: string
  readonly at: number
  readonly previous: number | null
}

/**
 * At most `limit` standings of a leaderboard, best first. The cost of a page grows with the size of the board, since
 * it counts the whole board.
 */
export async function readStandings(
  executor: Executor,
  board: Topic,
  page: StandingsPage,
  limit: number,
): Promise<readonly Standing[]> {
  const id = idOf(board)
  const { rows } = await executor.execute<Row>(sql`
    WITH ordered AS MATERIALIZED (
      SELECT standings.*, count(*) OVER () AS total,
        row_number() OVER (ORDER BY score DESC,
          coalesce(user_id = (SELECT standing -> 'leader' ->> 'id' FROM auctions WHERE auctions.id = ${id}), false) DESC,
          reached) AS place,
        rank() OVER (ORDER BY score DESC) AS standard, dense_rank() OVER (ORDER BY score DESC) AS dense
      FROM standings WHERE board = ${board})
    SELECT user_id AS id, user_name AS name, score, previous_rank AS previous,
      (extract(epoch FROM reached_at) * 1000)::float8 AS at,
      CASE (SELECT ranking FROM rooms WHERE rooms.id = ${id}) WHEN 'STANDARD' THEN standard WHEN 'DENSE' THEN dense
        ELSE place END AS rank
    FROM ordered WHERE place > (${startOf(page, limit)}) ORDER BY place LIMIT ${limit}::int`)
  return rows.map((row) => ({
    rank: Number(row.rank),
    user: { id: asUserId(row.id), name: row.name },
    score: amount(Number(row.score)),
    previousRank: row.previous,
    reachedAt: instant(row.at),
  }))
}

/** Number of standings before the page. */
function startOf(page: StandingsPage, limit: number): SQL {
  const { userId } = page
  if (page.kind === 'around') {
    return sql`SELECT greatest(0, least(place - 1 - ${limit}::int / 2, total - ${limit}::int)) FROM ordered WHERE user_id = ${userId}`
  }
  const score = sql`${page.score}::bigint`
  const at = sql`${formatInstant(page.reachedAt)}::timestamptz`
  return sql`SELECT coalesce(
    (SELECT place FROM ordered WHERE user_id = ${userId} AND score = ${score} AND reached_at = ${at}),
    (SELECT count(*) FROM ordered WHERE score > ${score} OR (score = ${score} AND reached_at < ${at})))`
}
