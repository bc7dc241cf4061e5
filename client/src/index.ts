export { createRostrumClient, type RostrumClient, type RostrumClientOptions } from './client.ts'
export type { ServerClock } from './clock.ts'
export type { ConnectedUser, Connection } from './connection.ts'
export { RostrumError } from './error.ts'
export { type Currency, decimalOf, formatMoney, parseMoney } from './money.ts'
export type { Observable } from './observable.ts'
export type { Operation, OperationResult } from './operation.ts'
export {
  type Announcement,
  type AnnouncementsState,
  inForce,
  liveAnnouncements,
} from './state/announcements.ts'
export { type Auction, type AuctionState, type Bid, liveAuction } from './state/auction.ts'
export { type AuctionsState, liveAuctions } from './state/auctions.ts'
export {
  type LeaderboardState,
  liveAuctionLeaderboard,
  liveRoomLeaderboard,
  type Standing,
} from './state/leaderboard.ts'
export { createLive, type Live, type LiveDefinition } from './state/live.ts'
export { liveMessages, type Marks, type Message, type MessagesState } from './state/messages.ts'
export { liveNotifications, type Notification, type NotificationsState } from './state/notifications.ts'
export { liveOrders, type Order, type OrdersState } from './state/orders.ts'
export { livePositions, type Portfolio, type Position, type PositionsState } from './state/positions.ts'
export { livePresence, liveTyping, type PresenceState, type TypingState } from './state/presence.ts'
export { liveRoom, type MemberChange, type Room, type RoomState } from './state/room.ts'
export { liveStatuses, type Status, type StatusesState } from './state/statuses.ts'
export type { Sink } from './subscription.ts'
export type { TokenSource } from './token.ts'
