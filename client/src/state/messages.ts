import {
  LiveMessagesDocument,
  type LiveMessagesSubscription,
  type LiveMessagesSubscriptionVariables,
  type MessagePartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Message = MessagePartsFragment

/** How far a member has got. */
export interface Marks {
  readonly deliveredThrough: number
  readonly readThrough: number
}

export interface MessagesState {
  /** Oldest first, the latest 500 at most. Those that were deleted have `deletedAt`, and no body. */
  readonly messages: readonly Message[]
  /** By id, those edited or deleted since the snapshot that `messages` does not hold: earlier pages apply them. */
  readonly changed: ReadonlyMap<string, Message>
  /** Cursor of the snapshot that the state began with: with another one, earlier pages are loaded again. */
  readonly snapshot: string
  /** By user, of those who moved on since the snapshot. */
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
