import { HookPoint } from '../../engine/hooks.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { Notification } from './rules/notification.ts'

/** A notification and its recipient. */
export interface Addressed {
  readonly userId: UserId
  readonly notification: Notification
}

/** Hooks that run in transactions that create notifications. */
export interface NotificationHook {
  onNotify(tx: Transaction, addressed: readonly Addressed[], now: Instant): Promise<void>
}

export const notificationHooks = new HookPoint<NotificationHook>('notifications')
