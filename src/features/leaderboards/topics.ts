import { defineTopics } from '../../engine/kernel/topic.ts'
import type { AuctionId } from '../auctions/ids.ts'
import type { RoomId } from '../rooms/ids.ts'

/** The ranking of one auction's bidders. */
export const auctionLeaderboardTopic = defineTopics<AuctionId>('leaderboard')
/** The ranking of the scores reported to a room. */
export const roomLeaderboardTopic = defineTopics<RoomId>('leaderboard')
