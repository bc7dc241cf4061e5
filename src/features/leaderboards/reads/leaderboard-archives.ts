import { eq } from 'drizzle-orm'
import type { LeaderboardArchiveId } from '../../../engine/kernel/id.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import { leaderboardArchives } from '../tables.ts'

export type LeaderboardArchive = typeof leaderboardArchives.$inferSelect

export async function readLeaderboardArchive(
  executor: Executor,
  id: LeaderboardArchiveId,
): Promise<LeaderboardArchive | undefined> {
  const [row] = await executor.select().from(leaderboardArchives).where(eq(leaderboardArchives.id, id))
  return row
}
