import {
  LiveMessagesDocument,
  type LiveMessagesSubscription,
  type LiveMessagesSubscriptionVariables,
  type MessagePartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

/** `deliveredCount` and `readCount` are those of the last entry about the message: receipts and members change them later. */
export type Message = MessagePartsFragment

/** How far a member has received and read. */
export interface Marks {
  readonly deliveredThrough: number
  readonly readThrough: number
}

export interface MessagesState {
  /** Oldest first, at most 500. Deleted messages have `deletedAt` and no body. */
  readonly messages: readonly Message[]
  /** Messages edited or deleted since the snapshot that `messages` does not hold, by id: apply them to earlier pages. */
  readonly changed: ReadonlyMap<string, Message>
  /** Cursor of the snapshot that the state started with. When it changes, load earlier pages again. */
  readonly snapshot: string
  /** By user id, for users whose receipts advanced since the snapshot. */
  readonly marks: ReadonlyMap<string, Marks>
}

const MAX_MESSAGES = 500

export function liveMessages(
  roomId: string,
): LiveDefinition<MessagesState, LiveMessagesSubscription, LiveMessagesSubscriptionVariables> {
  return { operation: { query: LiveMessagesDocument, variables: { roomId } }, reduce }
}

const NONE: MessagesState = { messages: [], changed: new Map(), snapshot: '', marks: new Map() }

function reduce(state = NONE, { messages: entry }: LiveMessagesSubscription): MessagesState {
  const { messages, changed, marks } = state
  switch (entry.__typename) {
    case 'MessagesSnapshot':
      return {
        ...NONE,
        messages: [...entry.messages].sort((a, b) => a.offset - b.offset),
        snapshot: entry.cursor,
      }
    case 'MessageSent':
      return { ...state, messages: [...messages, entry.message].slice(-MAX_MESSAGES) }
    case 'MessageEdited':
    case 'MessageDeleted': {
      const { message } = entry
      if (!messages.some(({ id }) => id === message.id)) {
        return { ...state, changed: new Map(changed).set(message.id, message) }
      }
      return { ...state, messages: messages.map((each) => (each.id === message.id ? message : each)) }
    }
    case 'ReceiptAdvanced': {
      const { user, deliveredThrough, readThrough } = entry
      return { ...state, marks: new Map(marks).set(user.id, { deliveredThrough, readThrough }) }
    }
  }
}
