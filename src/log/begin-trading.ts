import type { RoomId } from '../kernel/id.ts'
import { ordersTopic, positionsTopic } from '../kernel/topic.ts'
import type { Executor } from './database.ts'
import { beginTopics } from './seed.ts'

/** Begins the histories of a room's orders and positions, where the room is older than these are. */
export async function beginTrading(executor: Executor, roomId: RoomId): Promise<void> {
  await beginTopics(executor, [ordersTopic(roomId), positionsTopic(roomId)])
}
