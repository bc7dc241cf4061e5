import type { ProcessParts } from '../../engine/feature.ts'
import { notificationNode } from '../../resolvers/notifications.ts'
import type { SchemaFeature } from '../../schema/contribution.ts'
import { addNotifications } from '../../schema/notification.ts'
import { addFailedPushes } from '../../schema/push.ts'
import { auctionHooks } from '../auctions/hooks.ts'
import { messageHooks } from '../messages/hooks.ts'
import { notificationFamily, serviceNotificationFamily } from './families.ts'
import { followNewAuction } from './follower/begin-following.ts'
import { createFollower } from './follower/follower.ts'
import { notificationHooks } from './hooks.ts'
import { notifyOfMessages } from './message-notifications.ts'
import { readPassedNotifications } from './settle-notifications.ts'
import { trimNotifications } from './trim.ts'
import { queuePushes } from './webhook/delivery-queue.ts'
import { createWebhook } from './webhook/webhook.ts'

/** The push service that receives notifications of users who are away. */
export interface PushService {
  readonly url: URL
  /** Null: messages are not signed. */
  readonly secret: string | null
  /** Called for each attempt that the receiver did not accept. */
  onFailure(notificationId: string, attempt: number, problem: string, isFinal: boolean): void
}

/** `pushService`: null if none is configured. */
export function notifications(pushService: PushService | null): SchemaFeature {
  return {
    name: 'notifications',
    requires: ['users', 'rooms', 'messages', 'auctions'],
    families: [notificationFamily, serviceNotificationFamily],
    schema: {
      parts: [addNotifications, addFailedPushes],
      nodes: [notificationNode],
    },
    hooks: (hooks) => [
      messageHooks.implement({
        onChange: (tx, rooms) => notifyOfMessages(tx, rooms, hooks.of(notificationHooks)),
        onRead: readPassedNotifications,
      }),
      auctionHooks.implement({ onCreate: followNewAuction }),
      ...(pushService === null ? [] : [notificationHooks.implement({ onNotify: queuePushes })]),
    ],
    trim: trimNotifications,
    start(parts) {
      const follower = createFollower({
        database: parts.commands,
        hooks: parts.hooks.of(notificationHooks),
        announce: parts.announce,
        onFault: (topic, error) =>
          parts.onFault('notifications could not be written; they are tried again', topic, error),
      })
      const pushes = pushService === null ? null : startPushes(pushService, parts)
      return {
        onCommit: follower.nudge,
        async close() {
          await Promise.all([follower.close(), pushes?.close()])
        },
      }
    },
  }
}

function startPushes({ url, secret, onFailure }: PushService, { database, presence, onFault }: ProcessParts) {
  return createWebhook({
    database,
    url,
    secret,
    connected: (users) => presence.connected(users),
    onFault: (error) => onFault('notifications could not be sent; they are tried again', null, error),
    onFailure: ({ notification, attempt }, problem, isFinal) =>
      onFailure(notification.id, attempt, problem, isFinal),
  })
}
