import type { Announcement } from '../domain/announcement/announcement.ts'
import type { Bid } from '../domain/auction/auction.ts'
import type { Message } from '../domain/message/message.ts'
import type { Notification } from '../domain/notification/notification.ts'
import { asAnnouncementId, asBidId, asMessageId, kindOfId } from '../kernel/id.ts'
import { readAnnouncement } from '../log/read/announcements.ts'
import { readBid } from '../log/read/bids.ts'
import { readMessage } from '../log/read/messages.ts'
import { auction } from './auctions.ts'
import { callerOf } from './caller.ts'
import type { CallContext } from './context.ts'
import { notification } from './notifications.ts'
import { room } from './rooms.ts'
import type { AuctionView, RoomView } from './views.ts'

/** Whatever an id can name. `kindOfId` tells which of them one is. */
export type NodeView = RoomView | AuctionView | Message | Bid | Announcement | Notification

/** Null where there is none, or none that the caller may see. */
export async function node(args: { readonly id: string }, context: CallContext): Promise<NodeView | null> {
  const { database } = context.services
  const caller = callerOf(context.viewer)
  switch (kindOfId(args.id)) {
    case 'room':
      return room(args, context)
    case 'auction':
      return auction(args, context)
    case 'message':
      return (await readMessage(database, asMessageId(args.id), caller)) ?? null
    case 'bid':
      return (await readBid(database, asBidId(args.id), caller)) ?? null
    case 'notification':
      return notification(args, context)
    case 'announcement':
      return (await readAnnouncement(database, asAnnouncementId(args.id), caller)) ?? null
  }
}
