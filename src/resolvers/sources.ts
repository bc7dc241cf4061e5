import type { Source } from '../engine/hub/source.ts'
import type { Database } from '../engine/storage/database.ts'
import { createAnnouncementsSource } from '../features/announcements/source.ts'
import { type AuctionList, createAuctionList } from '../features/auctions/list-source.ts'
import { type AuctionSource, createAuctionSource } from '../features/auctions/source.ts'
import { createLeaderboardSource } from '../features/leaderboards/source.ts'
import { createMessagesSource } from '../features/messages/source.ts'
import { createNotificationsSource } from '../features/notifications/source.ts'
import { createRoomSource } from '../features/rooms/source.ts'
import { createStatusesSource, type StatusesSource } from '../features/statuses/source.ts'
import { createTradeRooms, type TradeRooms } from '../features/trading/disclosure.ts'
import { createOrdersSource } from '../features/trading/orders.source.ts'
import { createPositionsSource } from '../features/trading/positions.source.ts'
import { readTradeFacts } from '../features/trading/reads/trade-facts.ts'
import { createTradeSight } from '../features/trading/visibility.ts'
import type { SharedReads } from './batched-reads.ts'

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
