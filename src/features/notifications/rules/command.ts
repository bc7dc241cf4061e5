import type { NotificationId } from '../ids.ts'

/** Sent by the owner of the notifications. */
export interface NotificationCommand {
  readonly kind: 'markRead'
  readonly ids: readonly NotificationId[]
}

export interface NotificationReply {
  readonly unreadCount: number
}
