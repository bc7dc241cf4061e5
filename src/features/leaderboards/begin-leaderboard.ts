import { eq, sql } from 'drizzle-orm'
import { newEpoch } from '../../engine/history/begin-topics.ts'
import { topics } from '../../engine/history/tables.ts'
import { idOf, type Topic } from '../../engine/kernel/topic.ts'
import type { Executor } from '../../engine/storage/database.ts'

/**
 * Starts the history of a leaderboard that predates this feature: an auction's from the highest visible bid of each
 * bidder, up to the bid of sequence `through`. An existing leaderboard stays unchanged. Starting one blocks all
 * others until it commits, so that no bid is missed.
 */
export async function beginLeaderboard(
  executor: Executor,
  board: Topic,
  through: number | null = null,
): Promise<void> {
  const known = await executor.select({ topic: topics.topic }).from(topics).where(eq(topics.topic, board))
  if (known.length > 0) return
  await executor.execute(sql`
    WITH begun AS (
      INSERT INTO topics (topic, epoch, head, floor, written_at)
      VALUES (${board}, ${newEpoch()}, 0, 0, clock_timestamp())
      ON CONFLICT DO NOTHING RETURNING topic)
    INSERT INTO standings (board, user_id, user_name, score, reached_at, reached)
    SELECT DISTINCT ON (bids.bidder_id) begun.topic, bidder_id, bidder_name, amount, placed_at, sequence
    FROM begun, bids WHERE bids.auction_id = ${idOf(board)} AND bids.voided_at IS NULL
      AND (${through}::int IS NULL OR sequence <= ${through}::int)
    ORDER BY bidder_id, amount DESC, sequence`)
}
