import { type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../../engine/storage/database.ts'
import type { Room } from '../rooms/rules/room.ts'

/**
 * Makes the room's auctions due for what its new phase means to them: each writes its own entry, in a transaction of its
 * own, when the scheduler of any node looks. A crash in between loses nothing, since these rows commit with the room.
 * Creating, opening and bidding hold the room's row until they commit, so that this statement sees every auction.
 */
export async function moveAuctions(
  tx: Transaction,
  { id, phase }: Pick<Room, 'id' | 'phase'>,
): Promise<void> {
  // What falls due with a LIVE room only must not keep the scheduler busy until then.
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

/** By the room's phase: when an open auction is due. Null: never, as things are. */
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
