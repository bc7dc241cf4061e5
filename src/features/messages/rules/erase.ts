import type { Message } from './message.ts'

/** `message` as every version of it reads after deletion: place, author and times, without content. */
export function withoutContent(message: Message): Message {
  return { ...message, body: null, mentions: [] }
}
