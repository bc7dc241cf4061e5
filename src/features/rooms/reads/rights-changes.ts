import { sql } from 'drizzle-orm'
import type { RoomId, UserId } from '../../../engine/kernel/id.ts'
import { formatInstant, type Instant } from '../../../engine/kernel/instant.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import { announcements } from '../../announcements/tables.ts'
import { EVERYBODY, rightsChanges, rooms } from '../tables.ts'

/** Somebody, and how long ago they last saw what was theirs to see. */
export interface RightsQuestion {
  /** Null: a visitor. */
  readonly userId: UserId | null
  readonly since: Instant
}

/** For each question, in order, whether the user's membership or role in the room changed at that moment or later. */
export async function readMemberRightsChanged(
  executor: Executor,
  questions: readonly (RightsQuestion & { readonly roomId: RoomId })[],
): Promise<readonly boolean[]> {
  const roomIds = questions.map(({ roomId }) => roomId)
  const { rows } = await executor.execute<{ changed: boolean }>(sql`
    SELECT EXISTS (
      SELECT FROM ${rightsChanges} WHERE user_id = asker AND room_id = room AND changed_at >= since) AS changed
    FROM unnest(${usersOf(questions)}::text[], ${sql.param(roomIds)}::text[], ${sincesOf(questions)}::timestamptz[])
      WITH ORDINALITY AS asked(asker, room, since, n)
    ORDER BY n`)
  return rows.map(({ changed }) => changed)
}

/**
 * For each question, in order, whether something at that moment or later changed who sees announcements to a room: its
 * visibility, for everybody; where it opens to its members alone, the user's membership.
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

function usersOf(questions: readonly RightsQuestion[]) {
  // Of a visitor only what concerns everybody counts, and is asked for anyway.
  return sql.param(questions.map(({ userId }) => userId ?? EVERYBODY))
}

function sincesOf(questions: readonly RightsQuestion[]) {
  return sql.param(questions.map(({ since }) => formatInstant(since)))
}
