import type { Entry } from '../../engine/history/entry.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import { asOffset } from '../../engine/kernel/position.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { statement } from '../../engine/storage/statement.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { MessageHook } from './hooks.ts'
import { messagesTopic } from './topics.ts'

interface Mark {
  readonly user: UserId
  readonly read: string
}

const MARK_JOINED = statement<Mark>(
  'mark_joined',
  `UPDATE members SET delivered_through = greatest(delivered_through, head), read_through = greatest(read_through, head)
  FROM topics WHERE topic = $1 AND room_id = $2 AND user_id = ANY($3::text[])
  RETURNING user_id AS "user", read_through AS read`,
)

/**
 * Members who join count as having read everything up to the head of the messages. No message can slip in between:
 * joining has changed the room's row, which sending a message locks.
 */
export async function markJoined(
  tx: Transaction,
  roomId: RoomId,
  userIds: readonly UserId[],
  now: Instant,
  hooks: readonly MessageHook[],
): Promise<readonly Entry[]> {
  const rows = await MARK_JOINED(tx, messagesTopic(roomId), roomId, userIds)
  const marks = rows.map(({ user, read }) => ({ userId: user, readThrough: asOffset(Number(read)) }))
  const entries = await allSettled(hooks.map((hook) => hook.onRead?.(tx, roomId, marks, now) ?? []))
  return entries.flat()
}
