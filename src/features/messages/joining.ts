import { sql } from 'drizzle-orm'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { RoomId } from '../rooms/ids.ts'
import { messagesTopic } from './topics.ts'

/**
 * Members who join have read everything up to the head of the messages. No message comes between: whoever joins has
 * changed the room's row, which sending a message locks.
 */
export async function markJoined(tx: Transaction, roomId: RoomId, userIds: readonly UserId[]): Promise<void> {
  await tx.execute(sql`
    UPDATE members SET delivered_through = greatest(delivered_through, head), read_through = greatest(read_through, head)
    FROM topics
    WHERE topic = ${messagesTopic(roomId)} AND room_id = ${roomId} AND user_id = ANY(${sql.param(userIds)}::text[])`)
}
