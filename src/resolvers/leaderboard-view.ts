import type { Topic } from '../kernel/topic.ts'
import { beginLeaderboard } from '../log/begin-leaderboard.ts'
import type { Database } from '../log/database.ts'
import { type LeaderboardRecord, readLeaderboard } from '../log/read/leaderboards.ts'

/** A leaderboard for the resolvers of its type: whatever is asked of a view is of one moment. */
export interface LeaderboardView {
  readonly topic: Topic
  /** Reads at most once. */
  readonly record: () => Promise<LeaderboardRecord>
  /** How many standings are shown where nobody says. */
  readonly size: number | null
}

/** The leaderboard as read: whatever happened since comes after the cursor. Whole where nobody asks for less. */
export function leaderboardOfRecord(topic: Topic, record: LeaderboardRecord): LeaderboardView {
  return { topic, record: async () => record, size: record.standings.length }
}

/** At most `limit` standings; begins a leaderboard that has not. Its auction or room must exist. */
export async function leaderboardNow(
  database: Database,
  topic: Topic,
  limit: number,
): Promise<LeaderboardRecord> {
  const known = await readLeaderboard(database, topic, limit)
  if (known !== undefined) return known
  await beginLeaderboard(database, topic)
  const begun = await readLeaderboard(database, topic, limit)
  if (begun === undefined) throw new Error(`${topic} could not be begun`)
  return begun
}
