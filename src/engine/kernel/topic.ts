import type { Brand } from './brand.ts'
import type { AuctionId, RoomId, UserId } from './id.ts'

/** Names one ordered history, `family:id`: the unit of locking, of the bus and of the hub. */
export type Topic = Brand<string, 'Topic'>

export const roomTopic = (id: RoomId): Topic => `room:${id}` as Topic
export const messagesTopic = (id: RoomId): Topic => `messages:${id}` as Topic
export const auctionTopic = (id: AuctionId): Topic => `auction:${id}` as Topic
/** The ranking of one auction's bidders. */
export const auctionLeaderboardTopic = (id: AuctionId): Topic => `leaderboard:${id}` as Topic
/** The ranking of the scores reported to a room. */
export const roomLeaderboardTopic = (id: RoomId): Topic => `leaderboard:${id}` as Topic
export const notificationsTopic = (id: UserId): Topic => `notifications:${id}` as Topic
/** Orders the commands on one user's wallets; its history has no entries, the ledger has. */
export const walletTopic = (id: UserId): Topic => `wallet:${id}` as Topic
/** The orders of one trade room. */
export const ordersTopic = (id: RoomId): Topic => `orders:${id}` as Topic
/** The positions and portfolios of one trade room. */
export const positionsTopic = (id: RoomId): Topic => `positions:${id}` as Topic
/** All statuses of one kind. */
export const statusesTopic = (kind: string): Topic => `statuses:${kind}` as Topic
/** Orders what one service has users notified of; its history has no entries, theirs have. */
export const outboxTopic = (id: UserId): Topic => `outbox:${id}` as Topic
export const announcementsTopic = 'announcements' as Topic

/** Who was signed out by an administrator. */
export const revocationsTopic = 'revocations' as Topic

export const asTopic = (key: string): Topic => key as Topic

/** What follows the family: an aggregate's id. */
export function idOf(topic: Topic): string {
  return topic.slice(topic.indexOf(':') + 1)
}

/** What a topic begins with: the prefix of its family. */
export function familyOf(topic: Topic): string {
  const colon = topic.indexOf(':')
  return colon < 0 ? topic : topic.slice(0, colon)
}
