import type { GraphQLSchema } from 'graphql'
import { REJECTION_CODES, type RejectionCode } from '../engine/kernel/rejection.ts'
import { addAnnouncements } from './announcement.ts'
import { addAuctionTypes } from './auction.ts'
import { addAuctionEvents } from './auction-event.ts'
import { addAuctionMutations } from './auction-mutation.ts'
import { addAuctionAudit } from './audit.ts'
import { addBidTypes } from './bid.ts'
import type { Part } from './builder.ts'
import { addPageInfo } from './connection.ts'
import { addEvent } from './event.ts'
import { addLeaderboards } from './leaderboard.ts'
import { addLeaderboardEvents } from './leaderboard-event.ts'
import { addMembershipMutations } from './membership-mutation.ts'
import { addMessageTypes } from './message.ts'
import { addMessageEvents } from './message-event.ts'
import { addMessageMutations } from './message-mutation.ts'
import { addNode } from './node.ts'
import { addNotifications } from './notification.ts'
import { addPeople } from './person.ts'
import { addPresence } from './presence.ts'
import { addFailedPushes } from './push.ts'
import { addReceipts } from './receipt.ts'
import { addRevocation } from './revocation.ts'
import { addRoomTypes } from './room.ts'
import { addRoomEvents } from './room-event.ts'
import { addRoomMutations } from './room-mutation.ts'
import { addScalars } from './scalars.ts'
import { createSchema } from './schema.ts'
import { addScores } from './scores.ts'
import { addServer } from './server.ts'
import { addStatuses } from './status.ts'
import { addTradeTypes } from './trade.ts'
import { addTradeEvents } from './trade-event.ts'
import { addTradeMutations } from './trade-mutation.ts'
import { addTradeRooms } from './trade-room.ts'
import { addViewer } from './viewer.ts'
import { addWallets } from './wallet.ts'

export const FEATURE_NAMES = [
  'core',
  'users',
  'rooms',
  'messages',
  'wallets',
  'auctions',
  'leaderboards',
  'trading',
  'announcements',
  'notifications',
  'statuses',
] as const
export type FeatureName = (typeof FEATURE_NAMES)[number]

/** The parts of each feature. Every schema has those of `core`. */
export const PARTS: Readonly<Record<FeatureName, readonly Part[]>> = {
  core: [addScalars, addNode, addEvent, addPageInfo, addPeople, addServer, addViewer],
  users: [addRevocation],
  rooms: [addRoomTypes, addRoomEvents, addRoomMutations, addMembershipMutations, addPresence],
  messages: [addMessageTypes, addMessageEvents, addMessageMutations, addReceipts],
  wallets: [addWallets],
  auctions: [addAuctionTypes, addBidTypes, addAuctionEvents, addAuctionMutations, addAuctionAudit],
  leaderboards: [addLeaderboards, addLeaderboardEvents, addScores],
  trading: [addTradeTypes, addTradeEvents, addTradeMutations, addTradeRooms],
  announcements: [addAnnouncements],
  notifications: [addNotifications, addFailedPushes],
  statuses: [addStatuses],
}

/** The feature that each code comes from. */
const FEATURE_OF: Readonly<Record<RejectionCode, FeatureName>> = {
  NOT_FOUND: 'core',
  INVALID_INPUT: 'core',
  INVALID_TRANSITION: 'core',
  RATE_LIMITED: 'core',
  OVERLOADED: 'core',
  IDEMPOTENCY_KEY_REUSED: 'core',
  NOT_A_MEMBER: 'rooms',
  MUTED: 'rooms',
  REMOVED: 'rooms',
  NOT_AUTHOR: 'messages',
  INSUFFICIENT_FUNDS: 'wallets',
  AUCTION_NOT_STARTED: 'auctions',
  AUCTION_ENDED: 'auctions',
  AUCTION_PAUSED: 'auctions',
  AUCTION_CANCELLED: 'auctions',
  SELLER_CANNOT_BID: 'auctions',
  BID_BELOW_MINIMUM: 'auctions',
  BUY_NOW_UNAVAILABLE: 'auctions',
  PRICE_CHANGED: 'auctions',
  NO_BID_TO_HAMMER: 'auctions',
}

/** The codes that `features` reject commands with. */
export function rejectionCodesOf(features: ReadonlySet<FeatureName>): readonly RejectionCode[] {
  return REJECTION_CODES.filter((code) => features.has(FEATURE_OF[code]))
}

/** The schema of a server with all features. */
export function createFullSchema(): GraphQLSchema {
  return createSchema({ parts: Object.values(PARTS).flat(), rejectionCodes: REJECTION_CODES })
}
