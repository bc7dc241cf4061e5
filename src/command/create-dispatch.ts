import {
  announcementsTopic,
  auctionTopic,
  messagesTopic,
  notificationsTopic,
  ordersTopic,
  outboxTopic,
  positionsTopic,
  revocationsTopic,
  roomLeaderboardTopic,
  roomTopic,
  statusesTopic,
  walletTopic,
} from '../kernel/topic.ts'
import { announcementsAggregate } from './aggregates/announcements.ts'
import { auctionAggregate } from './aggregates/auction.ts'
import { createMessagesAggregate } from './aggregates/messages.ts'
import { notificationsAggregate } from './aggregates/notifications.ts'
import { ordersAggregate } from './aggregates/orders.ts'
import { createOutboxAggregate } from './aggregates/outbox.ts'
import { positionsAggregate } from './aggregates/positions.ts'
import { receiptsAggregate } from './aggregates/receipts.ts'
import { revocationsAggregate } from './aggregates/revocations.ts'
import { roomAggregate } from './aggregates/room.ts'
import { scoresAggregate } from './aggregates/scores.ts'
import { statusesAggregate } from './aggregates/statuses.ts'
import { walletAggregate } from './aggregates/wallet.ts'
import type { IdempotencyKey } from './commands.ts'
import type { Dispatch } from './dispatch.ts'
import { type CommandFigures, createCommandCounters } from './figures.ts'
import { createCommandQueue, createNodeBacklog, type QueueOptions } from './queue.ts'

export interface RunningDispatch extends Dispatch {
  /** Resolves when everything that was given is answered. */
  idle(): Promise<void>
  readonly figures: CommandFigures
  /** How many commands wait for their transaction. */
  waiting(): number
}

export interface DispatchOptions extends QueueOptions {
  /** Whether notifications go to the webhook, too. */
  readonly isPushed?: boolean
}

export function createDispatch(given: DispatchOptions): RunningDispatch {
  const { isPushed = false } = given
  const counters = createCommandCounters()
  const backlog = createNodeBacklog()
  const options: QueueOptions = { backlog, ...given, counters }
  const rooms = createCommandQueue(roomAggregate, options)
  const messages = createCommandQueue(createMessagesAggregate(isPushed), options)
  const receipts = createCommandQueue(receiptsAggregate, options)
  const auctions = createCommandQueue(auctionAggregate, options)
  const announcements = createCommandQueue(announcementsAggregate, options)
  const notifications = createCommandQueue(notificationsAggregate, options)
  const outboxes = createCommandQueue(createOutboxAggregate(isPushed), options)
  const scores = createCommandQueue(scoresAggregate, options)
  const statuses = createCommandQueue(statusesAggregate, options)
  const revocations = createCommandQueue(revocationsAggregate, options)
  const wallets = createCommandQueue(walletAggregate, options)
  const orders = createCommandQueue(ordersAggregate, options)
  const positions = createCommandQueue(positionsAggregate, options)

  return {
    room: (id, actor, body, key) => rooms.submit({ topic: roomTopic(id), actor, body, ...keyed(key) }),
    messages: (id, actor, body) => messages.submit({ topic: messagesTopic(id), actor, body }),
    receipts: (id, actor, body) => receipts.submit({ topic: messagesTopic(id), actor, body }),
    auction: (id, actor, body, key) =>
      auctions.submit({ topic: auctionTopic(id), actor, body, ...keyed(key) }),
    announcements: (actor, body, key) => {
      return announcements.submit({ topic: announcementsTopic, actor, body, ...keyed(key) })
    },
    notifications: (id, actor, body) => notifications.submit({ topic: notificationsTopic(id), actor, body }),
    outbox: (id, actor, body, key) => outboxes.submit({ topic: outboxTopic(id), actor, body, ...keyed(key) }),
    scores: (id, actor, body, key) =>
      scores.submit({ topic: roomLeaderboardTopic(id), actor, body, ...keyed(key) }),
    statuses: (actor, body) => statuses.submit({ topic: statusesTopic(body.kind), actor, body }),
    revocations: (actor, body) => revocations.submit({ topic: revocationsTopic, actor, body }),
    wallet: (id, actor, body, key) => wallets.submit({ topic: walletTopic(id), actor, body, ...keyed(key) }),
    orders: (id, actor, body) => orders.submit({ topic: ordersTopic(id), actor, body }),
    positions: (id, actor, body) => positions.submit({ topic: positionsTopic(id), actor, body }),
    figures: counters,
    waiting: () => backlog.waiting(),
    async idle() {
      await Promise.all([
        orders.idle(),
        positions.idle(),
        notifications.idle(),
        outboxes.idle(),
        revocations.idle(),
        scores.idle(),
        statuses.idle(),
        wallets.idle(),
        rooms.idle(),
        messages.idle(),
        receipts.idle(),
        auctions.idle(),
        announcements.idle(),
      ])
    },
  }
}

function keyed(idempotency: IdempotencyKey | undefined): { readonly idempotency?: IdempotencyKey } {
  return idempotency === undefined ? {} : { idempotency }
}
