export { useConnection, useRemaining } from './connection.ts'
export { RostrumProvider, useRostrumClient } from './context.ts'
export {
  useAnnouncements,
  useAuction,
  useAuctionLeaderboard,
  useAuctions,
  useMessages,
  useNotifications,
  useOrders,
  usePositions,
  usePresence,
  useRoom,
  useRoomLeaderboard,
  useStatuses,
  useTyping,
} from './topics.ts'
