import type { Announcement } from '../../features/announcements/rules/announcement.ts'
import type { AnnouncementCommand, AnnouncementReply } from '../../features/announcements/rules/command.ts'
import type { AuctionState } from '../../features/auctions/rules/auction.ts'
import type { AuctionCommand, AuctionReply } from '../../features/auctions/rules/command.ts'
import type { ScoresCommand, ScoresReply } from '../../features/leaderboards/rules/scores.ts'
import type { MessageCommand, MessageReply } from '../../features/messages/rules/command.ts'
import type { Message } from '../../features/messages/rules/message.ts'
import type { ReceiptCommand, ReceiptReply } from '../../features/messages/rules/receipts/command.ts'
import type { Marks } from '../../features/messages/rules/receipts/marks.ts'
import type { NotificationCommand, NotificationReply } from '../../features/notifications/rules/command.ts'
import type { Notification } from '../../features/notifications/rules/notification.ts'
import type { NotifyCommand, NotifyReply } from '../../features/notifications/rules/notify.ts'
import type { RoomCommand } from '../../features/rooms/rules/command.ts'
import type { Membership, Room } from '../../features/rooms/rules/room.ts'
import type { ReportStatus, StatusReply } from '../../features/statuses/rules/report.ts'
import type { Status } from '../../features/statuses/rules/status.ts'
import type {
  Holding,
  OrderCommand,
  OrderReply,
  PositionCommand,
  PositionReply,
} from '../../features/trading/rules/command.ts'
import type { Order } from '../../features/trading/rules/order.ts'
import type { RevokeCommand } from '../../features/users/rules/revoke.ts'
import type { WalletCommand, WalletReply } from '../../features/wallets/rules/credit.ts'
import type { Wallet } from '../../features/wallets/rules/wallet.ts'
import type { Actor } from '../kernel/actor.ts'
import type { AuctionId, RoomId, UserId } from '../kernel/id.ts'
import type { IdempotencyKey, Outcome } from './command.ts'

/** How the rest of the server gives commands: one function an aggregate. Each answers after commit, or throws on a fault. */
export interface Dispatch {
  /** `state` holds the room and the memberships of actor and target right after the command. */
  room(
    id: RoomId,
    actor: Actor,
    body: RoomCommand,
    idempotency?: IdempotencyKey,
  ): Promise<
    Outcome<
      { readonly roomId: RoomId },
      { readonly room: Room; readonly memberships: ReadonlyMap<string, Membership> }
    >
  >
  /** `send` needs no key: its clientMessageId is one. `state` is the message right after. */
  messages(roomId: RoomId, actor: Actor, body: MessageCommand): Promise<Outcome<MessageReply, Message>>
  /** `state`: the actor as a member of the room, right after. */
  receipts(
    roomId: RoomId,
    actor: Actor,
    body: ReceiptCommand,
  ): Promise<
    Outcome<ReceiptReply, { readonly room: Room; readonly membership: Membership; readonly marks: Marks }>
  >
  auction(
    id: AuctionId,
    actor: Actor,
    body: AuctionCommand,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<AuctionReply & { readonly auctionId: AuctionId }, AuctionState>>
  /** `state` is the wallet of the command's currency right after. */
  wallet(
    userId: UserId,
    actor: Actor,
    body: WalletCommand,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<WalletReply, Wallet>>
  notifications(
    userId: UserId,
    actor: Actor,
    body: NotificationCommand,
  ): Promise<Outcome<NotificationReply, null>>
  /** `userId`: the service's own. `state`: what was written. */
  outbox(
    userId: UserId,
    actor: Actor,
    body: NotifyCommand,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<NotifyReply, readonly Notification[]>>
  /** A report needs no key: its executionId is one. `state` is the order right after; of a retry, as it is now. */
  orders(roomId: RoomId, actor: Actor, body: OrderCommand): Promise<Outcome<OrderReply, Order>>
  /** `state`: what was stated, as it stands right after. */
  positions(
    roomId: RoomId,
    actor: Actor,
    body: PositionCommand,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<PositionReply, Holding>>
  scores(
    roomId: RoomId,
    actor: Actor,
    body: ScoresCommand,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<ScoresReply, null>>
  /** `state` is the subject's status right after. */
  statuses(
    actor: Actor,
    body: ReportStatus,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<StatusReply, Status>>
  revocations(actor: Actor, body: RevokeCommand): Promise<Outcome<object, null>>
  announcements(
    actor: Actor,
    body: AnnouncementCommand,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<AnnouncementReply, Announcement>>
}
