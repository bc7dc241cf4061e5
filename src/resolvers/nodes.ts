import { announcementNode } from './announcements.ts'
import { auctionNode, bidNode } from './auctions.ts'
import { messageNode } from './messages.ts'
import { createNodeResolver } from './node.ts'
import { notificationNode } from './notifications.ts'
import { roomNode } from './rooms.ts'
import { orderNode } from './trades.ts'

/** The types whose things `node(id:)` finds: the one table of them. */
export const { node, typeOfNode } = createNodeResolver([
  announcementNode,
  auctionNode,
  bidNode,
  messageNode,
  notificationNode,
  orderNode,
  roomNode,
])
