import type { MessageId, RoomId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Offset } from '../../kernel/position.ts'
import type { Person } from '../person.ts'

/** A message right after an entry. */
export interface Message {
  readonly id: MessageId
  readonly roomId: RoomId
  readonly author: Person
  /** Null once deleted. */
  readonly body: string | null
  readonly mentions: readonly Person[]
  readonly replyToId: MessageId | null
  /** The entry of the room's message topic that created it. */
  readonly offset: Offset
  readonly sentAt: Instant
  readonly editedAt: Instant | null
  readonly deletedAt: Instant | null
}
