import {
  asAnnouncementId,
  asBidId,
  asMessageId,
  type IdKind,
  kindOfId,
  parseOrderId,
} from '../engine/kernel/id.ts'
import { readAnnouncement } from '../features/announcements/reads/announcements.ts'
import type { Announcement } from '../features/announcements/rules/announcement.ts'
import { readBid } from '../features/auctions/reads/bids.ts'
import type { Bid } from '../features/auctions/rules/auction.ts'
import { readMessage } from '../features/messages/reads/messages.ts'
import type { Message } from '../features/messages/rules/message.ts'
import type { Notification } from '../features/notifications/rules/notification.ts'
import { readOrder } from '../features/trading/reads/orders.ts'
import type { Order } from '../features/trading/rules/order.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import { auction } from './auctions.ts'
import type { CallContext } from './context.ts'
import { notification } from './notifications.ts'
import { readFor } from './read-for.ts'
import { room } from './rooms.ts'
import type { AuctionView, RoomView } from './views.ts'

/** Whatever a global id names. */
export type NodeView = RoomView | AuctionView | Message | Bid | Announcement | Notification | Order

const TYPES: Readonly<Partial<Record<IdKind, string>>> = {
  announcement: 'Announcement',
  auction: 'Auction',
  bid: 'Bid',
  message: 'Message',
  notification: 'Notification',
}

/** The name of the type of `found`. */
export function typeOfNode(found: NodeView): string {
  // Orders hold their engine's number where the others hold their global id.
  if ('leavesQuantity' in found) return 'Order'
  const kind = kindOfId(found.id)
  return (kind === undefined ? undefined : TYPES[kind]) ?? 'Room'
}

/** Null where `id` names nothing, or nothing that the caller may see. */
export async function node(args: { readonly id: string }, context: CallContext): Promise<NodeView | null> {
  const caller = callerOf(context.viewer)
  const { id } = args
  switch (kindOfId(id)) {
    case 'auction':
      return auction(args, context)
    case 'message':
      return (await readFor(context, (database) => readMessage(database, asMessageId(id), caller))) ?? null
    case 'bid':
      return (await readFor(context, (database) => readBid(database, asBidId(id), caller))) ?? null
    case 'notification':
      return notification(args, context)
    case 'announcement':
      return (
        (await readFor(context, (database) => readAnnouncement(database, asAnnouncementId(id), caller))) ??
        null
      )
    case 'order': {
      const named = parseOrderId(id)
      if (named === undefined) return null
      return (await readFor(context, (database) => readOrder(database, named, caller))) ?? null
    }
    case 'archive':
    case 'leaderboard':
      return null
    // The built-in rooms have bare names as well.
    case 'room':
    case undefined:
      return room(args, context)
  }
}
