import { type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../../engine/storage/database.ts'
import type { Room } from '../rooms/rules/room.ts'

/**
 * Makes the room's auctions due after a phase change: each appends its own entry, in its own transaction, when any
 * node's scheduler runs. A crash in between loses nothing, since these rows commit with the room. Creating, opening
 * and bidding hold the room's row until they commit, so that this statement sees every auction.
 */
export async function moveAuctions(
  tx: Transaction,
  { id, phase }: Pick<Room, 'id' | 'phase'>,
): Promise<void> {
  // A deadline that needs a LIVE room must not keep the scheduler busy until the room is LIVE.
  await tx.execute(sql`
    DELETE FROM deadlines USING auctions
    WHERE topic = 'auction:' || id AND room_id = ${id} AND phase = 'SCHEDULED'`)
  await tx.execute(sql`
    INSERT INTO deadlines (topic, due_at)
    SELECT topic, due_at FROM (
      SELECT 'auction:' || id AS topic, ${DUE_AT[phase]} AS due_at FROM auctions
      WHERE room_id = ${id} AND phase IN ('SCHEDULED', 'LIVE', 'PAUSED')) AS moved
    WHERE due_at IS NOT NULL
    ON CONFLICT (topic) DO UPDATE SET due_at = excluded.due_at`)
}

/** When an open auction is due, by the room's phase. Null: not due under the current conditions. */
const DUE_AT: Readonly<Record<Room['phase'], SQL>> = {
  SCHEDULED: sql`NULL::timestamptz`,
  LIVE: sql`CASE phase
    WHEN 'SCHEDULED' THEN ${instantIn('terms', 'startsAt')}
    WHEN 'LIVE' THEN ${instantIn('standing', 'endsAt')}
    ELSE CASE WHEN paused_by_room THEN clock_timestamp() END END`,
  PAUSED: sql`CASE phase WHEN 'LIVE' THEN clock_timestamp() END`,
  ENDED: sql`clock_timestamp()`,
}

function instantIn(column: 'terms' | 'standing', key: 'startsAt' | 'endsAt'): SQL {
  return sql.raw(`to_timestamp((${column} ->> '${key}')::float8 / 1000)`)
}
