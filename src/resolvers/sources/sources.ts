import type { Source } from '../../hub/source.ts'
import type { Database } from '../../log/database.ts'
import { createAnnouncementsSource } from './announcements.ts'
import { type AuctionSource, createAuctionSource } from './auction.ts'
import { type AuctionList, createAuctionList } from './auction-list.ts'
import { createLeaderboardSource } from './leaderboard.ts'
import { createMessagesSource } from './messages.ts'
import { createNotificationsSource } from './notifications.ts'
import { createRoomSource } from './room.ts'

/** What each family of topics means to its readers. One set a node: the hub shares work by source and topic. */
export interface Sources {
  readonly auction: AuctionSource
  readonly leaderboard: Source
  readonly messages: Source
  readonly room: Source
  readonly announcements: Source
  readonly notifications: Source
  readonly auctionList: AuctionList
}

export function createSources(database: Database): Sources {
  return {
    auction: createAuctionSource(database),
    leaderboard: createLeaderboardSource(database),
    messages: createMessagesSource(database),
    room: createRoomSource(database),
    announcements: createAnnouncementsSource(database),
    notifications: createNotificationsSource(database),
    auctionList: createAuctionList(database),
  }
}
