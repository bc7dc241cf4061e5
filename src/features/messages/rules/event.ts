import type { Message } from './message.ts'

/** All three are appended as entries under their GraphQL type name. `message` is the state right after the event. */
export type MessageEvent =
  /** `clientMessageId` and `fingerprint` are stored for retries and are not part of the entry. */
  | {
      readonly type: 'MessageSent'
      readonly message: Message
      readonly clientMessageId: string
      readonly fingerprint: string
    }
  | { readonly type: 'MessageEdited' | 'MessageDeleted'; readonly message: Message }
