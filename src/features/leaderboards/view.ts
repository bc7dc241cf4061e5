import type { Topic } from '../../engine/kernel/topic.ts'
import type { Database } from '../../engine/storage/database.ts'
import { MAX_PAGE_SIZE } from '../../engine/storage/list-key.ts'
import { beginLeaderboard } from './begin-leaderboard.ts'
import { type LeaderboardRecord, readLeaderboards } from './reads/leaderboards.ts'

/** A leaderboard for the resolvers of its type: all reads of one view are consistent. */
export interface LeaderboardView {
  readonly topic: Topic
  /** Reads at most once. */
  readonly record: () => Promise<LeaderboardRecord>
  /** Default number of standings. */
  readonly size: number | null
}

/**
 * The leaderboard as read: anything later comes after the cursor. Returns the full leaderboard unless a limit is
 * given.
 */
export function leaderboardOfRecord(topic: Topic, record: LeaderboardRecord): LeaderboardView {
  return { topic, record: async () => record, size: record.standings.length }
}

/** At most `limit` standings; creates the leaderboard if it does not exist yet. Its auction or room must exist. */
export async function leaderboardNow(
  database: Database,
  topic: Topic,
  limit: number,
): Promise<LeaderboardRecord> {
  const [record] = await leaderboardsNow(database, [topic], limit)
  if (record === undefined) throw new Error(`${topic} could not be created`)
  return record
}

/** The same for each of `topics`, in one statement if all exist. */
export async function leaderboardsNow(
  database: Database,
  topics: readonly Topic[],
  limit: number = MAX_PAGE_SIZE,
): Promise<readonly LeaderboardRecord[]> {
  const known = await readLeaderboards(database, topics, limit)
  const missing = topics.filter((_topic, index) => known[index] === undefined)
  for (const topic of missing) await beginLeaderboard(database, topic)
  const begun = missing.length === 0 ? known : await readLeaderboards(database, topics, limit)
  return topics.map((topic, index) => {
    const record = begun[index]
    if (record === undefined) throw new Error(`${topic} could not be created`)
    return record
  })
}
