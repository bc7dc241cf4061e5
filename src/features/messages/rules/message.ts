import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import type { RoomId } from '../../rooms/ids.ts'
import type { MessageId } from '../ids.ts'

/** A message before a batch of commands (undefined if the batch sent it) and after it. */
export interface MessageChange {
  readonly before: Message | undefined
  readonly after: Message
}

/** A message right after an entry. */
export interface Message {
  readonly id: MessageId
  readonly roomId: RoomId
  readonly author: Person
  /** Null once deleted. */
  readonly body: string | null
  readonly mentions: readonly Person[]
  readonly replyToId: MessageId | null
  /** The offset of the entry that created it, on the room's message topic. */
  readonly offset: Offset
  readonly sentAt: Instant
  readonly editedAt: Instant | null
  readonly deletedAt: Instant | null
}
