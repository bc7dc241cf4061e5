import { and, eq, inArray, notExists, sql } from 'drizzle-orm'
import { beginFollowing } from '../domain/notification/following.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Database } from '../log/database.ts'
import { isNobodysFault } from '../log/faults.ts'
import { clock } from '../log/read/columns.ts'
import { auctions, followers, topics } from '../log/schema.ts'

/**
 * Follows the auctions that are older than followers are, from here on. All others are followed from their creation.
 * `onFault`: one of them can't be followed; the others are.
 */
export async function followUnfollowed(
  database: Database,
  onFault: (topic: Topic, error: unknown) => void,
): Promise<void> {
  const topic = sql`'auction:' || ${auctions.id}`
  const rows = await database
    .select({ topic: topics.topic, position: topics.head, standing: auctions.standing, now: clock })
    .from(auctions)
    .innerJoin(topics, eq(topics.topic, topic))
    .where(
      and(
        inArray(auctions.phase, ['SCHEDULED', 'LIVE', 'PAUSED']),
        notExists(database.select({ one: sql`1` }).from(followers).where(eq(followers.topic, topic))),
      ),
    )
  for (const { topic: unfollowed, position, standing, now } of rows) {
    try {
      const state = beginFollowing(standing, now)
      await database.insert(followers).values({ topic: unfollowed, position, state }).onConflictDoNothing()
    } catch (error) {
      if (isNobodysFault(error)) throw error
      onFault(unfollowed, error)
    }
  }
}
