import {
  LivePresenceDocument,
  type LivePresenceSubscription,
  type LivePresenceSubscriptionVariables,
  LiveTypingDocument,
  type LiveTypingSubscription,
  type LiveTypingSubscriptionVariables,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

/** Above 200 users `users` is empty; `count` stays exact. */
export type PresenceState = LivePresenceSubscription['presence']
export type TypingState = LiveTypingSubscription['typing']['users']

export function livePresence(
  roomId: string,
): LiveDefinition<PresenceState, LivePresenceSubscription, LivePresenceSubscriptionVariables> {
  return {
    operation: { query: LivePresenceDocument, variables: { roomId } },
    reduce: (_, { presence }) => presence,
  }
}

export function liveTyping(
  roomId: string,
): LiveDefinition<TypingState, LiveTypingSubscription, LiveTypingSubscriptionVariables> {
  return {
    operation: { query: LiveTypingDocument, variables: { roomId } },
    reduce: (_, { typing }) => typing.users,
  }
}
