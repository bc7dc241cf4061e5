import {
  LiveMessagesDocument,
  type LiveMessagesSubscription,
  type LiveMessagesSubscriptionVariables,
  type MessagePartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

/** `deliveredCount` and `readCount` are those of the last entry about the message: receipts and members change them later. */
export type Message = MessagePartsFragment

/** How far a member has got. */
export interface Marks {
  readonly deliveredThrough: number
  readonly readThrough: number
}

export interface MessagesState {
  /** Oldest first, the latest 500 at most. Those that were deleted have `deletedAt`, and no body. */
  readonly messages: readonly Message[]
  /** By user, of those who moved on since the snapshot. */
  readonly marks: ReadonlyMap<string, Marks>
}

const MAX_MESSAGES = 500

export function liveMessages(
  roomId: string,
): LiveDefinition<MessagesState, LiveMessagesSubscription, LiveMessagesSubscriptionVariables> {
  return { operation: { query: LiveMessagesDocument, variables: { roomId } }, reduce }
}

const NONE: MessagesState = { messages: [], marks: new Map() }

function reduce(state = NONE, { messages: entry }: LiveMessagesSubscription): MessagesState {
  const { messages, marks } = state
  switch (entry.__typename) {
    case 'MessagesSnapshot':
      return { messages: [...entry.messages].sort((a, b) => a.offset - b.offset), marks: NONE.marks }
    case 'MessageSent':
      return { messages: [...messages, entry.message].slice(-MAX_MESSAGES), marks }
    case 'MessageEdited':
    case 'MessageDeleted': {
      const { message } = entry
      return { messages: messages.map((each) => (each.id === message.id ? message : each)), marks }
    }
    case 'ReceiptAdvanced': {
      const { user, deliveredThrough, readThrough } = entry
      return { messages, marks: new Map(marks).set(user.id, { deliveredThrough, readThrough }) }
    }
  }
}
