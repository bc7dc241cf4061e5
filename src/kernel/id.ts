import { createHash, randomFillSync } from 'node:crypto'
import type { Brand } from './brand.ts'

export type UserId = Brand<string, 'UserId'>
export type RoomId = Brand<string, 'RoomId'>
export type MessageId = Brand<string, 'MessageId'>
export type AuctionId = Brand<string, 'AuctionId'>
export type BidId = Brand<string, 'BidId'>
export type NotificationId = Brand<string, 'NotificationId'>
export type AnnouncementId = Brand<string, 'AnnouncementId'>
export type LeaderboardArchiveId = Brand<string, 'LeaderboardArchiveId'>
/** Given by the service that reports; unique within a room. */
export type OrderId = Brand<string, 'OrderId'>

const RANDOM_BYTES = 8
const BASE36_TIME_LENGTH = 9

let pool = Buffer.alloc(0)
let used = 0

/**
 * `prefix_` and 25 characters: milliseconds in base 36, then 64 random bits in hexadecimal. Sorts by
 * time of making (so that index pages stay warm) and can't be guessed.
 */
function newId(prefix: string): string {
  if (used + RANDOM_BYTES > pool.length) {
    pool = randomFillSync(Buffer.alloc(RANDOM_BYTES * 256))
    used = 0
  }
  const random = pool.toString('hex', used, used + RANDOM_BYTES)
  used += RANDOM_BYTES
  return `${prefix}_${Date.now().toString(36).padStart(BASE36_TIME_LENGTH, '0')}${random}`
}

export const newRoomId = (): RoomId => newId('room') as RoomId

const DIRECT = 'room_direct_'

/** The id of the direct room between two users, the same whichever of them is named first: no two nodes make two of it. */
export function directRoomId(one: UserId, other: UserId): RoomId {
  const pair = JSON.stringify([one, other].sort())
  return `${DIRECT}${createHash('sha256').update(pair).digest('base64url')}` as RoomId
}

/** Whether `id` is that of a direct room: no other is made like this. */
export const isDirectRoomId = (id: RoomId): boolean => id.startsWith(DIRECT)

export const newMessageId = (): MessageId => newId('msg') as MessageId
export const newAuctionId = (): AuctionId => newId('auc') as AuctionId
export const newBidId = (): BidId => newId('bid') as BidId
export const newAnnouncementId = (): AnnouncementId => newId('ann') as AnnouncementId
export const newNotificationId = (): NotificationId => newId('ntf') as NotificationId
export const newLeaderboardArchiveId = (): LeaderboardArchiveId => newId('arc') as LeaderboardArchiveId
export const newOrderId = (): OrderId => newId('ord') as OrderId
export const newExecutionId = (): string => newId('exe')
export const newConnectionId = (): string => newId('con')
export const newRequestId = (): string => newId('req')
export const newErrorId = (): string => newId('err')
export const newNodeId = (): string => newId('node')

/** What an id that came from outside names; ids of rooms may be plain words (`global`). */
export function kindOfId(
  id: string,
): 'message' | 'auction' | 'bid' | 'announcement' | 'notification' | 'room' {
  if (id.startsWith('msg_')) return 'message'
  if (id.startsWith('auc_')) return 'auction'
  if (id.startsWith('bid_')) return 'bid'
  if (id.startsWith('ann_')) return 'announcement'
  if (id.startsWith('ntf_')) return 'notification'
  return 'room'
}

export const asUserId = (id: string): UserId => id as UserId
export const asRoomId = (id: string): RoomId => id as RoomId
export const asMessageId = (id: string): MessageId => id as MessageId
export const asAuctionId = (id: string): AuctionId => id as AuctionId
export const asBidId = (id: string): BidId => id as BidId
export const asNotificationId = (id: string): NotificationId => id as NotificationId
export const asLeaderboardArchiveId = (id: string): LeaderboardArchiveId => id as LeaderboardArchiveId
export const asOrderId = (id: string): OrderId => id as OrderId
export const asAnnouncementId = (id: string): AnnouncementId => id as AnnouncementId
