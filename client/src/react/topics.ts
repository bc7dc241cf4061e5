import type { StatusKind } from '../gql/graphql.ts'
import { type AnnouncementsState, inForce, liveAnnouncements } from '../state/announcements.ts'
import { type AuctionState, liveAuction } from '../state/auction.ts'
import { type AuctionsState, liveAuctions } from '../state/auctions.ts'
import { type LeaderboardState, liveAuctionLeaderboard, liveRoomLeaderboard } from '../state/leaderboard.ts'
import type { Live } from '../state/live.ts'
import { liveMessages, type MessagesState } from '../state/messages.ts'
import { liveNotifications, type NotificationsState } from '../state/notifications.ts'
import { liveOrders, type OrdersState } from '../state/orders.ts'
import { livePositions, type PositionsState } from '../state/positions.ts'
import { livePresence, liveTyping, type PresenceState, type TypingState } from '../state/presence.ts'
import { liveRoom, type RoomState } from '../state/room.ts'
import { liveStatuses, type StatusesState } from '../state/statuses.ts'
import { useServerTime } from './connection.ts'
import { shareLive, useLive } from './live.ts'

const auctions = shareLive(liveAuction)
const lists = shareLive(liveAuctions)
const auctionLeaderboards = shareLive(liveAuctionLeaderboard)
const roomLeaderboards = shareLive(liveRoomLeaderboard)
const orders = shareLive(liveOrders)
const positions = shareLive(livePositions)
const messages = shareLive(liveMessages)
const rooms = shareLive(liveRoom)
const presences = shareLive(livePresence)
const typings = shareLive(liveTyping)
const statuses = shareLive((kind: StatusKind) => liveStatuses(kind))
const announcements = shareLive(liveAnnouncements)
const notifications = shareLive(liveNotifications)

/** Maximum delay before an expired announcement disappears. */
const EXPIRY_MS = 1_000

/** An auction and its latest bids, live. */
export function useAuction(auctionId: string): Live<AuctionState> {
  return useLive(auctions, auctionId)
}

/** The auctions of a room, live, as a list shows them. */
export function useAuctions(roomId: string): Live<AuctionsState> {
  return useLive(lists, roomId)
}

/** The ranking of an auction's bidders, live. */
export function useAuctionLeaderboard(auctionId: string): Live<LeaderboardState> {
  return useLive(auctionLeaderboards, auctionId)
}

/** The ranking of a room, live. */
export function useRoomLeaderboard(roomId: string): Live<LeaderboardState> {
  return useLive(roomLeaderboards, roomId)
}

/** The orders of a trade room that are disclosed to the signed-in user, live. */
export function useOrders(roomId: string): Live<OrdersState> {
  return useLive(orders, roomId)
}

/** The positions and portfolios of a trade room that are disclosed to the signed-in user, live. */
export function usePositions(roomId: string): Live<PositionsState> {
  return useLive(positions, roomId)
}

/** The latest messages of a room, live. */
export function useMessages(roomId: string): Live<MessagesState> {
  return useLive(messages, roomId)
}

/** A room, live: its phase, its member count, and changes of memberships. */
export function useRoom(roomId: string): Live<RoomState> {
  return useLive(rooms, roomId)
}

/** The users present in a room, live. */
export function usePresence(roomId: string): Live<PresenceState> {
  return useLive(presences, roomId)
}

/** The users typing a message in a room, live. */
export function useTyping(roomId: string): Live<TypingState> {
  return useLive(typings, roomId)
}

/** The announcements in force for the viewer, live. */
export function useAnnouncements(): Live<AnnouncementsState> {
  const live = useLive(announcements, '')
  const now = useServerTime(EXPIRY_MS)
  return live.kind === 'live' ? { kind: 'live', state: inForce(live.state, now) } : live
}

/** The statuses of one kind that the viewer may see, live. Refused for visitors. */
export function useStatuses(kind: StatusKind): Live<StatusesState> {
  return useLive(statuses, kind)
}

/** The unread notifications of the signed-in user, live. Refused for visitors. */
export function useNotifications(): Live<NotificationsState> {
  return useLive(notifications, '')
}
