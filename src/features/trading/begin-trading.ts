import { beginTopics } from '../../engine/history/begin-topics.ts'
import type { Executor } from '../../engine/storage/database.ts'
import type { RoomId } from '../rooms/ids.ts'
import { ordersTopic, positionsTopic } from './topics.ts'

/** Creates the histories of a room's orders and positions, for rooms that predate them. */
export async function beginTrading(executor: Executor, roomId: RoomId): Promise<void> {
  await beginTopics(executor, [ordersTopic(roomId), positionsTopic(roomId)])
}
