import type { Message } from './message.ts'

/** `message` as every version of it reads once it is deleted: its place, author and times, and nothing that was said. */
export function withoutContent(message: Message): Message {
  return { ...message, body: null, mentions: [] }
}
