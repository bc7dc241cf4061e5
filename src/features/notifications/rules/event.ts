import type { NotificationId } from '../ids.ts'

/** An entry under its GraphQL type name. `ids` were unread until now; `unreadCount` is the number left. */
export interface NotificationEvent {
  readonly type: 'NotificationsRead'
  readonly ids: readonly NotificationId[]
  readonly unreadCount: number
}
