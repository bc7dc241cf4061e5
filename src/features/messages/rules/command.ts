import type { Person } from '../../../engine/kernel/person.ts'
import type { MessageId } from '../ids.ts'

export type MessageCommand =
  /**
   * `mentions`: the mentioned users that are known; unknown ones were dropped before. `fingerprint`: of the input,
   * for retries.
   */
  | {
      readonly kind: 'send'
      readonly id: MessageId
      readonly clientMessageId: string
      readonly fingerprint: string
      readonly body: string
      readonly mentions: readonly Person[]
      readonly replyToId: MessageId | null
    }
  /** `mentions`: the mentioned users that are known, replacing the former ones; undefined leaves those unchanged. */
  | {
      readonly kind: 'edit'
      readonly id: MessageId
      readonly body: string
      readonly mentions?: readonly Person[] | undefined
    }
  | { readonly kind: 'delete'; readonly id: MessageId }

export interface MessageReply {
  readonly messageId: MessageId
}
