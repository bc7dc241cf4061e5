import { sql } from 'drizzle-orm'
import type { Executor } from '../../../engine/storage/database.ts'
import { type RightsQuestion, sincesOf, usersOf } from '../../rooms/reads/rights-changes.ts'
import { EVERYBODY, rightsChanges, rooms } from '../../rooms/tables.ts'
import { announcements } from '../tables.ts'

/**
 * For each question, in order, whether anything at or after that instant changed who sees announcements to a room:
 * its visibility, for everyone; in a members-only room, the user's membership.
 */
export async function readAnnouncementRightsChanged(
  executor: Executor,
  questions: readonly RightsQuestion[],
): Promise<readonly boolean[]> {
  const { rows } = await executor.execute<{ changed: boolean }>(sql`
    WITH changes AS MATERIALIZED (
      SELECT user_id, max(changed_at) AS changed_at FROM ${rightsChanges} JOIN ${rooms} ON ${rooms.id} = room_id
      WHERE user_id = ANY(${sql.param([EVERYBODY, ...new Set(questions.flatMap(({ userId }) => userId ?? []))])}::text[])
        AND (user_id = ${EVERYBODY} OR visibility = 'MEMBERS')
        AND EXISTS (SELECT FROM ${announcements} WHERE ${announcements.roomId} = ${rooms.id})
      GROUP BY user_id)
    SELECT EXISTS (
      SELECT FROM changes WHERE user_id IN (asker, ${EVERYBODY}) AND changed_at >= since) AS changed
    FROM unnest(${usersOf(questions)}::text[], ${sincesOf(questions)}::timestamptz[]) WITH ORDINALITY AS asked(asker, since, n)
    ORDER BY n`)
  return rows.map(({ changed }) => changed)
}
