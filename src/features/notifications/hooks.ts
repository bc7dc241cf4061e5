import { HookPoint } from '../../engine/hooks.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { Notification } from './rules/notification.ts'

/** A notification, and whose it is. */
export interface Addressed {
  readonly userId: UserId
  readonly notification: Notification
}

/** What is done in the transactions that create notifications. */
export interface NotificationHook {
  onNotify(tx: Transaction, addressed: readonly Addressed[], now: Instant): Promise<void>
}

export const notificationHooks = new HookPoint<NotificationHook>('notifications')
