import { announcementsAggregate } from '../../features/announcements/aggregate.ts'
import { auctionAggregate } from '../../features/auctions/aggregate.ts'
import { scoresAggregate } from '../../features/leaderboards/aggregate.ts'
import { createMessagesAggregate } from '../../features/messages/aggregate.ts'
import { receiptsAggregate } from '../../features/messages/receipts.aggregate.ts'
import { notificationsAggregate } from '../../features/notifications/aggregate.ts'
import { createOutboxAggregate } from '../../features/notifications/service-notifications.aggregate.ts'
import { roomAggregate } from '../../features/rooms/aggregate.ts'
import { statusesAggregate } from '../../features/statuses/aggregate.ts'
import { ordersAggregate } from '../../features/trading/orders.aggregate.ts'
import { positionsAggregate } from '../../features/trading/positions.aggregate.ts'
import { revocationsAggregate } from '../../features/users/revocations.aggregate.ts'
import { walletAggregate } from '../../features/wallets/aggregate.ts'
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
import type { IdempotencyKey } from './command.ts'
import type { Dispatch } from './dispatch.ts'
import { type CommandFigures, createCommandCounters } from './metrics.ts'
import { type CommandQueue, createCommandQueue, createNodeBacklog, type QueueOptions } from './queue.ts'

export interface RunningDispatch extends Dispatch {
  /** Resolves when everything that was given is answered. */
  idle(): Promise<void>
  /** The database continues another history: nothing kept of the former one may decide a command. */
  forget(): void
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
  const queues: Pick<CommandQueue<never, unknown, unknown>, 'idle' | 'forget'>[] = []
  const createQueue: typeof createCommandQueue = (aggregate, queueOptions) => {
    const queue = createCommandQueue(aggregate, queueOptions)
    queues.push(queue)
    return queue
  }
  const rooms = createQueue(roomAggregate, options)
  const messages = createQueue(createMessagesAggregate(isPushed), options)
  const receipts = createQueue(receiptsAggregate, options)
  const auctions = createQueue(auctionAggregate, options)
  const announcements = createQueue(announcementsAggregate, options)
  const notifications = createQueue(notificationsAggregate, options)
  const outboxes = createQueue(createOutboxAggregate(isPushed), options)
  const scores = createQueue(scoresAggregate, options)
  const statuses = createQueue(statusesAggregate, options)
  const revocations = createQueue(revocationsAggregate, options)
  const wallets = createQueue(walletAggregate, options)
  const orders = createQueue(ordersAggregate, options)
  const positions = createQueue(positionsAggregate, options)

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
    statuses: (actor, body, key) =>
      statuses.submit({ topic: statusesTopic(body.kind), actor, body, ...keyed(key) }),
    revocations: (actor, body) => revocations.submit({ topic: revocationsTopic, actor, body }),
    wallet: (id, actor, body, key) => wallets.submit({ topic: walletTopic(id), actor, body, ...keyed(key) }),
    orders: (id, actor, body) => orders.submit({ topic: ordersTopic(id), actor, body }),
    positions: (id, actor, body, key) =>
      positions.submit({ topic: positionsTopic(id), actor, body, ...keyed(key) }),
    figures: counters,
    waiting: () => backlog.waiting(),
    async idle() {
      await Promise.all(queues.map((queue) => queue.idle()))
    },
    forget() {
      for (const queue of queues) queue.forget()
    },
  }
}

function keyed(idempotency: IdempotencyKey | undefined): { readonly idempotency?: IdempotencyKey } {
  return idempotency === undefined ? {} : { idempotency }
}
