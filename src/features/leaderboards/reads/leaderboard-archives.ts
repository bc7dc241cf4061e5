import { eq } from 'drizzle-orm'
import type { Executor } from '../../../engine/storage/database.ts'
import type { LeaderboardArchiveId } from '../ids.ts'
import { leaderboardArchives } from '../tables.ts'

export type LeaderboardArchive = typeof leaderboardArchives.$inferSelect

export async function readLeaderboardArchive(
  executor: Executor,
  id: LeaderboardArchiveId,
): Promise<LeaderboardArchive | undefined> {
  const [row] = await executor.select().from(leaderboardArchives).where(eq(leaderboardArchives.id, id))
  return row
}
