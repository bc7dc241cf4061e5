import { and, eq, inArray, notExists, sql } from 'drizzle-orm'
import { clock } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import type { Topic } from '../../../engine/kernel/topic.ts'
import type { Database } from '../../../engine/storage/database.ts'
import { isNobodysFault } from '../../../engine/storage/faults.ts'
import { auctions } from '../../auctions/tables.ts'
import { beginFollowing } from '../rules/following.ts'
import { followers } from '../tables.ts'

/**
 * Follows auctions that predate followers, from now on. All others are followed from their creation. `onFault`: one
 * auction cannot be followed; the others are.
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
