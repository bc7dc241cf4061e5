import type { NotificationId } from '../ids.ts'

/** An entry, under the name of its GraphQL type. `ids` were unread until now; `unreadCount` is what is left. */
export interface NotificationEvent {
  readonly type: 'NotificationsRead'
  readonly ids: readonly NotificationId[]
  readonly unreadCount: number
}
