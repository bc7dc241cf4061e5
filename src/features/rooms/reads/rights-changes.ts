import { sql } from 'drizzle-orm'
import type { UserId } from '../../../engine/kernel/id.ts'
import { formatInstant, type Instant } from '../../../engine/kernel/instant.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { RoomId } from '../ids.ts'
import { EVERYBODY, rightsChanges } from '../tables.ts'

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

/** The askers as a parameter of a statement. */
export function usersOf(questions: readonly RightsQuestion[]) {
  // Of a visitor only what concerns everybody counts, and is asked for anyway.
  return sql.param(questions.map(({ userId }) => userId ?? EVERYBODY))
}

export function sincesOf(questions: readonly RightsQuestion[]) {
  return sql.param(questions.map(({ since }) => formatInstant(since)))
}
