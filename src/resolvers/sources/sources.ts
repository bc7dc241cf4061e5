import type { Source } from '../../hub/source.ts'
import type { Database } from '../../log/database.ts'
import { readTradeFacts } from '../../log/read/trade-facts.ts'
import type { SharedReads } from '../batched-reads.ts'
import { createAnnouncementsSource } from './announcements.ts'
import { type AuctionSource, createAuctionSource } from './auction.ts'
import { type AuctionList, createAuctionList } from './auction-list.ts'
import { createLeaderboardSource } from './leaderboard.ts'
import { createMessagesSource } from './messages.ts'
import { createNotificationsSource } from './notifications.ts'
import { createOrdersSource } from './orders.ts'
import { createPositionsSource } from './positions.ts'
import { createRoomSource } from './room.ts'
import { createStatusesSource, type StatusesSource } from './statuses.ts'
import { createTradeRooms, type TradeRooms } from './trade-rooms.ts'
import { createTradeSight } from './trade-sight.ts'

/** What each family of topics means to its readers. One set a node: the hub shares work by source and topic. */
export interface Sources {
  readonly auction: AuctionSource
  readonly leaderboard: Source
  readonly messages: Source
  readonly room: Source
  readonly announcements: Source
  readonly notifications: Source
  readonly statuses: StatusesSource
  readonly auctionList: AuctionList
  readonly orders: Source
  readonly positions: Source
  readonly tradeRooms: TradeRooms
}

export function createSources(database: Database, reads: SharedReads): Sources {
  const tradeSight = createTradeSight(database)
  const tradeRooms = createTradeRooms((id, known) => readTradeFacts(database, id, known))
  return {
    auction: createAuctionSource(database, reads),
    leaderboard: createLeaderboardSource(database),
    messages: createMessagesSource(database),
    room: createRoomSource(database, reads),
    announcements: createAnnouncementsSource(database),
    notifications: createNotificationsSource(database),
    statuses: createStatusesSource(database),
    auctionList: createAuctionList(database),
    orders: createOrdersSource(database, tradeRooms, tradeSight),
    positions: createPositionsSource(database, tradeRooms, tradeSight),
    tradeRooms,
  }
}
