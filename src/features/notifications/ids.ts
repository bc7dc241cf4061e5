import type { Brand } from '../../engine/kernel/brand.ts'
import { defineId } from '../../engine/kernel/id.ts'

export type NotificationId = Brand<string, 'NotificationId'>

export const notificationIds = defineId<NotificationId>('ntf_')
export const newNotificationId = notificationIds.create
export const asNotificationId = notificationIds.as
