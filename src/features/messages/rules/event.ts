import type { Message } from './message.ts'

/** All three become entries, under the name of their GraphQL type. `message` is the message right after. */
export type MessageEvent =
  /** `clientMessageId` and `fingerprint` are stored for retries, and are no part of the entry. */
  | {
      readonly type: 'MessageSent'
      readonly message: Message
      readonly clientMessageId: string
      readonly fingerprint: string
    }
  | { readonly type: 'MessageEdited' | 'MessageDeleted'; readonly message: Message }
