import { eq } from 'drizzle-orm'
import type { LeaderboardArchiveId } from '../../kernel/id.ts'
import type { Executor } from '../database.ts'
import { leaderboardArchives } from '../schema.ts'

export type LeaderboardArchive = typeof leaderboardArchives.$inferSelect

export async function readLeaderboardArchive(
  executor: Executor,
  id: LeaderboardArchiveId,
): Promise<LeaderboardArchive | undefined> {
  const [row] = await executor.select().from(leaderboardArchives).where(eq(leaderboardArchives.id, id))
  return row
}
