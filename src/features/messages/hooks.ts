import type { Entry } from '../../engine/history/entry.ts'
import { HookPoint } from '../../engine/hooks.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import type { Offset } from '../../engine/kernel/position.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { Room } from '../rooms/rules/room.ts'
import type { MessageChange } from './rules/message.ts'

/** The changes of a batch to the messages of one room. */
export interface RoomMessagesChange {
  readonly room: Room
  readonly now: Instant
  readonly messages: readonly MessageChange[]
}

/** How far a user has read a room's messages. */
export interface ReadMark {
  readonly userId: UserId
  readonly readThrough: Offset
}

/** Hooks that other features run in message transactions. Each returns the entries that it appended to other topics. */
export interface MessageHook {
  onChange?(tx: Transaction, rooms: readonly RoomMessagesChange[]): Promise<readonly Entry[]>
  /** Members moved their read marks. */
  onRead?(
    tx: Transaction,
    roomId: RoomId,
    marks: readonly ReadMark[],
    now: Instant,
  ): Promise<readonly Entry[]>
}

export const messageHooks = new HookPoint<MessageHook>('messages')
