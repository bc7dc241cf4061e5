import { eq } from 'drizzle-orm'
import type { UserId } from '../../engine/kernel/id.ts'
import { formatInstant } from '../../engine/kernel/instant.ts'
import type { Topic } from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { statement } from '../../engine/storage/statement.ts'
import type { AuctionId } from '../auctions/ids.ts'
import { beginLeaderboard } from './begin-leaderboard.ts'
import { inOrder, type Order } from './rules/order.ts'
import type { Score } from './rules/standing.ts'
import { standings } from './tables.ts'
import { auctionLeaderboardTopic } from './topics.ts'

/** The ranking of an auction's bidders. Call it before the batch's bids are saved. */
export async function loadRanking(tx: Transaction, id: AuctionId, leader: UserId | null): Promise<Order> {
  const board = auctionLeaderboardTopic(id)
  await beginLeaderboard(tx, board)
  return inOrder(await loadScores(tx, board), leader)
}

/** All scores of a leaderboard, unordered. */
export async function loadScores(tx: Transaction, board: Topic): Promise<readonly Score[]> {
  const rows = await tx.select().from(standings).where(eq(standings.board, board))
  return rows.map(({ userId, userName, score, reachedAt, reached }) => {
    return { user: { id: userId, name: userName }, score, reachedAt, reached }
  })
}

/** A changed score, and the previous rank of its user; null for a new user. */
export interface ChangedScore {
  readonly score: Score
  readonly previousRank: number | null
}

const SAVE_SCORES = statement(
  'save_scores',
  `INSERT INTO standings (board, user_id, user_name, score, reached_at, reached, previous_rank)
  SELECT $1, u, n, s, t, r, p
  FROM json_to_recordset($2::json) AS row(u text, n text, s bigint, t timestamptz, r bigint, p int)
  ON CONFLICT (board, user_id) DO UPDATE SET user_name = excluded.user_name, score = excluded.score,
    reached_at = excluded.reached_at, reached = excluded.reached, previous_rank = excluded.previous_rank`,
)

export async function saveScores(
  tx: Transaction,
  board: Topic,
  changed: readonly ChangedScore[],
): Promise<void> {
  if (changed.length === 0) return
  const rows = changed.map(({ score: { user, score, reachedAt, reached }, previousRank }) => {
    return { u: user.id, n: user.name, s: score, t: formatInstant(reachedAt), r: reached, p: previousRank }
  })
  await SAVE_SCORES(tx, board, JSON.stringify(rows))
}
