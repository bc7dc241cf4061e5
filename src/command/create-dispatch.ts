import {
  announcementsTopic,
  auctionTopic,
  messagesTopic,
  notificationsTopic,
  roomTopic,
  walletTopic,
} from '../kernel/topic.ts'
import { announcementsAggregate } from './aggregates/announcements.ts'
import { auctionAggregate } from './aggregates/auction.ts'
import { messagesAggregate } from './aggregates/messages.ts'
import { notificationsAggregate } from './aggregates/notifications.ts'
import { roomAggregate } from './aggregates/room.ts'
import { walletAggregate } from './aggregates/wallet.ts'
import type { IdempotencyKey } from './commands.ts'
import type { Dispatch } from './dispatch.ts'
import { createCommandQueue, type QueueOptions } from './queue.ts'

export interface RunningDispatch extends Dispatch {
  /** Resolves when everything that was given is answered. */
  idle(): Promise<void>
}

export function createDispatch(options: QueueOptions): RunningDispatch {
  const rooms = createCommandQueue(roomAggregate, options)
  const messages = createCommandQueue(messagesAggregate, options)
  const auctions = createCommandQueue(auctionAggregate, options)
  const announcements = createCommandQueue(announcementsAggregate, options)
  const notifications = createCommandQueue(notificationsAggregate, options)
  const wallets = createCommandQueue(walletAggregate, options)

  return {
    room: (id, actor, body, key) => rooms.submit({ topic: roomTopic(id), actor, body, ...keyed(key) }),
    messages: (id, actor, body) => messages.submit({ topic: messagesTopic(id), actor, body }),
    auction: (id, actor, body, key) =>
      auctions.submit({ topic: auctionTopic(id), actor, body, ...keyed(key) }),
    announcements: (actor, body, key) => {
      return announcements.submit({ topic: announcementsTopic, actor, body, ...keyed(key) })
    },
    notifications: (id, actor, body) => notifications.submit({ topic: notificationsTopic(id), actor, body }),
    wallet: (id, actor, body, key) => wallets.submit({ topic: walletTopic(id), actor, body, ...keyed(key) }),
    async idle() {
      await Promise.all([
        notifications.idle(),
        wallets.idle(),
        rooms.idle(),
        messages.idle(),
        auctions.idle(),
        announcements.idle(),
      ])
    },
  }
}

function keyed(idempotency: IdempotencyKey | undefined): { readonly idempotency?: IdempotencyKey } {
  return idempotency === undefined ? {} : { idempotency }
}
