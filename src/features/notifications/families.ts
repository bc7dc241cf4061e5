import { defineFamily } from '../../engine/commands/family.ts'
import { notificationsAggregate } from './aggregate.ts'
import { notificationHooks } from './hooks.ts'
import { createServiceNotificationsAggregate } from './service-notifications.aggregate.ts'
import { notificationsTopic, serviceNotificationTopic } from './topics.ts'

/** Marks one user's notifications as read. */
export const notificationFamily = defineFamily({
  name: 'notifications',
  prefix: 'notifications',
  topicOf: notificationsTopic,
  aggregate: () => notificationsAggregate,
})

/** Notifications that one service, identified by its user id, sends. `state` lists what was written. */
export const serviceNotificationFamily = defineFamily({
  name: 'service notifications',
  prefix: 'outbox',
  topicOf: serviceNotificationTopic,
  aggregate: (hooks) => createServiceNotificationsAggregate(hooks.of(notificationHooks)),
})
