import type { Entry } from '../../engine/history/entry.ts'
import { HookPoint } from '../../engine/hooks.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import type { Topic } from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { RoomId } from './ids.ts'
import type { Room } from './rules/room.ts'

/** Hooks that other features run in room transactions. */
export interface RoomHook {
  /** Topics to create together with the room. */
  topicsOf?(room: Pick<Room, 'id' | 'kind'>): readonly Topic[]
  /** Called after users joined, for the first time or again. Their rows are already written. */
  onJoin?(
    tx: Transaction,
    roomId: RoomId,
    userIds: readonly UserId[],
    now: Instant,
  ): Promise<readonly Entry[]>
  /** Called after the room started, paused, resumed or ended. */
  onTransition?(tx: Transaction, room: Room): Promise<void>
}

export const roomHooks = new HookPoint<RoomHook>('rooms')
