import type { MessageId } from '../ids.ts'
import type { MessageEvent } from './event.ts'
import type { Message } from './message.ts'

/** The loaded messages right after `event`. */
export function evolveMessages(
  messages: ReadonlyMap<MessageId, Message>,
  event: MessageEvent,
): ReadonlyMap<MessageId, Message> {
  return new Map(messages).set(event.message.id, event.message)
}
