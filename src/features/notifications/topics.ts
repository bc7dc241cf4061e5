import type { UserId } from '../../engine/kernel/id.ts'
import { defineTopics } from '../../engine/kernel/topic.ts'

export const notificationsTopic = defineTopics<UserId>('notifications')
/**
 * Orders the commands of one service. Its own history has no entries; those of the notified users do. The prefix
 * `outbox` is stored and stays.
 */
export const serviceNotificationTopic = defineTopics<UserId>('outbox')
