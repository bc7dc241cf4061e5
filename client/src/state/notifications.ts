import {
  LiveNotificationsDocument,
  type LiveNotificationsSubscription,
  type LiveNotificationsSubscriptionVariables,
  type NotificationPartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Notification = NotificationPartsFragment

export interface NotificationsState {
  /** Newest first; of more than 200 at the snapshot, the newest 200 and those that came since. */
  readonly unread: readonly Notification[]
  readonly unreadCount: number
}

export function liveNotifications(): LiveDefinition<
  NotificationsState,
  LiveNotificationsSubscription,
  LiveNotificationsSubscriptionVariables
> {
  return { operation: { query: LiveNotificationsDocument, variables: {} }, reduce }
}

const NONE: NotificationsState = { unread: [], unreadCount: 0 }

function reduce(state = NONE, { notifications: entry }: LiveNotificationsSubscription): NotificationsState {
  switch (entry.__typename) {
    case 'NotificationsSnapshot': {
      return { unread: [...entry.unread].reverse(), unreadCount: entry.unreadCount }
    }
    case 'NotificationCreated':
      return { unread: [entry.notification, ...state.unread], unreadCount: state.unreadCount + 1 }
    case 'NotificationsRead':
    case 'NotificationsWithdrawn': {
      const gone = new Set(entry.ids)
      return { unread: state.unread.filter(({ id }) => !gone.has(id)), unreadCount: entry.unreadCount }
    }
  }
}
