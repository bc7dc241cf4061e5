import { sql } from 'drizzle-orm'
import type { UserId } from '../../../engine/kernel/id.ts'
import { formatInstant, type Instant } from '../../../engine/kernel/instant.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { RoomId } from '../ids.ts'
import { EVERYBODY, rightsChanges } from '../tables.ts'

/** A user and the last instant at which their rights were known. */
export interface RightsQuestion {
  /** Null: a visitor. */
  readonly userId: UserId | null
  readonly since: Instant
}

/** For each question, in order, whether the user's membership or role in the room changed at or after that instant. */
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

/** The questions as a statement parameter. */
export function usersOf(questions: readonly RightsQuestion[]) {
  // For visitors, only changes for everyone matter, and those are queried anyway.
  return sql.param(questions.map(({ userId }) => userId ?? EVERYBODY))
}

export function sincesOf(questions: readonly RightsQuestion[]) {
  return sql.param(questions.map(({ since }) => formatInstant(since)))
}
