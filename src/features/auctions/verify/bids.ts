import { sql } from 'drizzle-orm'
import type { Executor } from '../../../engine/storage/database.ts'
import { compare, type Difference } from '../../../engine/verify/difference.ts'
import type { AuctionId } from '../ids.ts'
import type { AuctionStanding } from '../rules/auction.ts'

interface Stored {
  readonly id: AuctionId
  readonly standing: AuctionStanding
}

/** Price, leader, counts, ranking and history of each auction match its valid bids. */
export async function verifyBidsThatStand(
  executor: Executor,
  page: readonly Stored[],
): Promise<readonly Difference[]> {
  const ids = page.map(({ id }) => id)
  return [
    ...(await verifyCounts(executor, page)),
    ...(await verifyRankings(executor, ids)),
    ...(await verifyVoids(executor, ids)),
  ]
}

interface Counts extends Record<string, unknown> {
  readonly id: AuctionId
  readonly bids: number
  readonly voided: number
  readonly bidders: number
  readonly price: string | null
  readonly leads: boolean
}

const NO_BIDS = { bids: 0, voided: 0, bidders: 0, price: null, leads: false }

async function verifyCounts(executor: Executor, page: readonly Stored[]): Promise<readonly Difference[]> {
  const { rows } = await executor.execute<Counts>(sql`
    SELECT auction_id AS id,
      count(*) FILTER (WHERE voided_at IS NULL)::int AS bids,
      count(*) FILTER (WHERE voided_at IS NOT NULL)::int AS voided,
      (count(DISTINCT bidder_id) FILTER (WHERE voided_at IS NULL))::int AS bidders,
      (max(amount) FILTER (WHERE voided_at IS NULL))::text AS price,
      bool_or(voided_at IS NULL AND bidder_id = standing->'leader'->>'id'
        AND amount = (standing->>'currentPrice')::bigint) AS leads
    FROM bids JOIN auctions ON auctions.id = auction_id
    WHERE auction_id = ANY(${sql.param(page.map(({ id }) => id))}) GROUP BY auction_id`)
  const counted = new Map(rows.map((row) => [row.id, row]))
  return page.flatMap(({ id, standing }) => {
    const about = `auction ${id}`
    const found = counted.get(id) ?? NO_BIDS
    const { currentPrice, leader, bidCount, voidedBidCount = 0, bidderCount } = standing
    return [
      ...compare(about, 'count of bids', bidCount, found.bids),
      ...compare(about, 'count of voided bids', voidedBidCount, found.voided),
      ...compare(about, 'count of bidders', bidderCount, found.bidders),
      ...compare(about, 'highest bid', currentPrice, found.price === null ? null : Number(found.price)),
      ...compare(about, 'leader has a bid at the price', leader !== null, found.leads === true),
    ]
  })
}

interface Mismatch extends Record<string, unknown> {
  readonly about: string
  readonly what: string
  readonly stored: string | null
  readonly recomputed: string | null
}

/** A ranking that exists holds the highest bid of each bidder and nothing else. */
async function verifyRankings(executor: Executor, ids: readonly AuctionId[]): Promise<readonly Difference[]> {
  const { rows } = await executor.execute<Mismatch>(sql`
    WITH best AS (
      SELECT 'leaderboard:' || auction_id AS board, bidder_id AS user_id, max(amount) AS amount
      FROM bids WHERE auction_id = ANY(${sql.param(ids)}) AND voided_at IS NULL GROUP BY auction_id, bidder_id
    ), ranked AS (
      SELECT board, user_id, score FROM standings
      WHERE board IN (SELECT 'leaderboard:' || id FROM unnest(${sql.param(ids)}::text[]) AS id)
    )
    SELECT 'auction ' || substr(board, strpos(board, ':') + 1) AS about, 'ranking of ' || user_id AS what,
      score::text AS stored, amount::text AS recomputed
    FROM ranked FULL JOIN best USING (board, user_id) JOIN topics ON topic = board
    WHERE score IS DISTINCT FROM amount ORDER BY board, user_id`)
  return rows
}

/** Every bid that an entry marks as voided is voided in the table, for the same reason. */
async function verifyVoids(executor: Executor, ids: readonly AuctionId[]): Promise<readonly Difference[]> {
  const { rows } = await executor.execute<Mismatch>(sql`
    SELECT 'auction ' || substr(topic, strpos(topic, ':') + 1) AS about,
      'voided bid ' || (voided->>'id') AS what, void_reason AS stored, voided->>'voidReason' AS recomputed
    FROM entries CROSS JOIN LATERAL json_array_elements(data->'bids') AS voided
      LEFT JOIN bids ON bids.id = voided->>'id'
    WHERE topic IN (SELECT 'auction:' || id FROM unnest(${sql.param(ids)}::text[]) AS id)
      AND type = 'BidVoided' AND (voided_at IS NULL OR void_reason IS DISTINCT FROM voided->>'voidReason')`)
  return rows
}
