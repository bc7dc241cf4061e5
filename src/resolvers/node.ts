import type { Announcement } from '../domain/announcement/announcement.ts'
import type { Bid } from '../domain/auction/auction.ts'
import type { Message } from '../domain/message/message.ts'
import type { Notification } from '../domain/notification/notification.ts'
import type { Order } from '../domain/trade/order.ts'
import { asAnnouncementId, asBidId, asMessageId, asOrderId, kindOfId } from '../kernel/id.ts'
import { readAnnouncement } from '../log/read/announcements.ts'
import { readBid } from '../log/read/bids.ts'
import { readMessage } from '../log/read/messages.ts'
import { readOrder } from '../log/read/orders.ts'
import { auction } from './auctions.ts'
import { callerOf } from './caller.ts'
import type { CallContext } from './context.ts'
import { notification } from './notifications.ts'
import { readFor } from './read-for.ts'
import { room } from './rooms.ts'
import type { AuctionView, RoomView } from './views.ts'

/** What this server has given its id to. `kindOfId` tells which of them one is. */
type OwnNode = RoomView | AuctionView | Message | Bid | Announcement | Notification

/** Whatever an id can name. The ids of orders are their services' own, and may look like any. */
export type NodeView = OwnNode | Order

export function isOrder(node: NodeView): node is Order {
  return 'leavesQuantity' in node
}

/** Null where there is none, or none that the caller may see. An order never hides what has its id from this server. */
export async function node(args: { readonly id: string }, context: CallContext): Promise<NodeView | null> {
  const own = await ownNode(args, context)
  if (own !== null) return own
  const caller = callerOf(context.viewer)
  return (await readFor(context, (database) => readOrder(database, asOrderId(args.id), caller))) ?? null
}

async function ownNode(args: { readonly id: string }, context: CallContext): Promise<OwnNode | null> {
  const caller = callerOf(context.viewer)
  switch (kindOfId(args.id)) {
    case 'room':
      return room(args, context)
    case 'auction':
      return auction(args, context)
    case 'message':
      return (
        (await readFor(context, (database) => readMessage(database, asMessageId(args.id), caller))) ?? null
      )
    case 'bid':
      return (await readFor(context, (database) => readBid(database, asBidId(args.id), caller))) ?? null
    case 'notification':
      return notification(args, context)
    case 'announcement':
      return (
        (await readFor(context, (database) =>
          readAnnouncement(database, asAnnouncementId(args.id), caller),
        )) ?? null
      )
  }
}
