import type { NotificationId } from '../ids.ts'

/** Given by the one whose notifications they are. */
export interface NotificationCommand {
  readonly kind: 'markRead'
  readonly ids: readonly NotificationId[]
}

export interface NotificationReply {
  readonly unreadCount: number
}
