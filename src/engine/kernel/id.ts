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
/** The number that the reporting service gave an order; unique within a room. Clients see it as `Order.orderId`. */
export type OrderId = Brand<string, 'OrderId'>

/**
 * How the ids of each type of the schema begin: no two types share one, so that a cache which keys records by `id` alone keeps
 * them apart. Users are the exception: their ids are the `sub` of their tokens, which must not begin like any of these.
 */
export const ID_PREFIXES = {
  announcement: 'ann_',
  archive: 'arc_',
  auction: 'auc_',
  bid: 'bid_',
  leaderboard: 'lb_',
  message: 'msg_',
  notification: 'ntf_',
  order: 'ord_',
  room: 'room_',
} as const

export type IdKind = keyof typeof ID_PREFIXES
/** Ids that name nothing in the schema: they stand in logs and answers to be quoted. */
type OtherPrefix = 'con_' | 'err_' | 'exe_' | 'node_' | 'req_'

const KINDS = Object.entries(ID_PREFIXES) as readonly (readonly [IdKind, string])[]

const RANDOM_BYTES = 8
const BASE36_TIME_LENGTH = 9

let pool = Buffer.alloc(0)
let used = 0

/**
 * `prefix` and 25 characters: milliseconds in base 36, then 64 random bits in hexadecimal. Sorts by
 * time of making (so that index pages stay warm) and can't be guessed.
 */
function newId(prefix: (typeof ID_PREFIXES)[IdKind] | OtherPrefix): string {
  if (used + RANDOM_BYTES > pool.length) {
    pool = randomFillSync(Buffer.alloc(RANDOM_BYTES * 256))
    used = 0
  }
  const random = pool.toString('hex', used, used + RANDOM_BYTES)
  used += RANDOM_BYTES
  return `${prefix}${Date.now().toString(36).padStart(BASE36_TIME_LENGTH, '0')}${random}`
}

export const newRoomId = (): RoomId => newId('room_') as RoomId

const DIRECT = 'room_direct_'

/** The id of the direct room between two users, the same whichever of them is named first: no two nodes make two of it. */
export function directRoomId(one: UserId, other: UserId): RoomId {
  const pair = JSON.stringify([one, other].sort())
  return `${DIRECT}${createHash('sha256').update(pair).digest('base64url')}` as RoomId
}

/** Whether `id` is that of a direct room: no other is made like this. */
export const isDirectRoomId = (id: RoomId): boolean => id.startsWith(DIRECT)

export const newMessageId = (): MessageId => newId('msg_') as MessageId
export const newAuctionId = (): AuctionId => newId('auc_') as AuctionId
export const newBidId = (): BidId => newId('bid_') as BidId
export const newAnnouncementId = (): AnnouncementId => newId('ann_') as AnnouncementId
export const newNotificationId = (): NotificationId => newId('ntf_') as NotificationId
export const newLeaderboardArchiveId = (): LeaderboardArchiveId => newId('arc_') as LeaderboardArchiveId
export const newExecutionId = (): string => newId('exe_')
export const newConnectionId = (): string => newId('con_')
export const newRequestId = (): string => newId('req_')
export const newErrorId = (): string => newId('err_')
export const newNodeId = (): string => newId('node_')

/** What an id that came from outside names, by its prefix; undefined where it has none. */
export function kindOfId(id: string): IdKind | undefined {
  return KINDS.find(([, prefix]) => id.startsWith(prefix))?.[0]
}

/** Whether a user may have this id: it must not look like one of another type. */
export const isUserId = (id: string): boolean => kindOfId(id) === undefined

/** The rule of `isUserId`, for the sentence of a refusal. */
export const USER_ID_RULE = `must not start with a prefix of generated ids (${Object.values(ID_PREFIXES).join(', ')})`

/** The rooms whose stored ids are bare words, as the first version wrote them. */
const BARE_ROOMS: readonly string[] = ['global', 'authenticated', 'admin', 'demo', 'demo-trade']
const BARE_BY_PUBLIC: ReadonlyMap<string, string> = new Map(
  BARE_ROOMS.map((name) => [`${ID_PREFIXES.room}${name}`, name]),
)
const PUBLIC_BY_BARE: ReadonlyMap<string, string> = new Map(
  BARE_ROOMS.map((name) => [name, `${ID_PREFIXES.room}${name}`]),
)

/** The room's id as clients see it: `room_global` of the room that is stored as `global`. `asRoomId` reads both. */
export const publicRoomId = (id: RoomId): string => PUBLIC_BY_BARE.get(id) ?? id

/** The id of an order for clients: the same for the same room and number, and of no other order. */
export function globalOrderId({ roomId, id }: { readonly roomId: RoomId; readonly id: OrderId }): string {
  return `${ID_PREFIXES.order}${Buffer.from(`${roomId}/${id}`).toString('base64url')}`
}

/** What `globalOrderId` was made of; undefined where it made no such id. Ids of rooms hold no slash. */
export function parseOrderId(
  globalId: string,
): { readonly roomId: RoomId; readonly id: OrderId } | undefined {
  const text = Buffer.from(globalId.slice(ID_PREFIXES.order.length), 'base64url').toString()
  const slash = text.indexOf('/')
  const named = { roomId: asRoomId(text.slice(0, slash)), id: asOrderId(text.slice(slash + 1)) }
  return slash > 0 && globalOrderId(named) === globalId ? named : undefined
}

export const asUserId = (id: string): UserId => id as UserId
/** The id as it is stored: of rooms that have two, either is read. */
export const asRoomId = (id: string): RoomId => (BARE_BY_PUBLIC.get(id) ?? id) as RoomId
export const asMessageId = (id: string): MessageId => id as MessageId
export const asAuctionId = (id: string): AuctionId => id as AuctionId
export const asBidId = (id: string): BidId => id as BidId
export const asNotificationId = (id: string): NotificationId => id as NotificationId
export const asLeaderboardArchiveId = (id: string): LeaderboardArchiveId => id as LeaderboardArchiveId
export const asOrderId = (id: string): OrderId => id as OrderId
export const asAnnouncementId = (id: string): AnnouncementId => id as AnnouncementId
