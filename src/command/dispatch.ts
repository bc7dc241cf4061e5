import type { Actor } from '../domain/actor.ts'
import type { Announcement } from '../domain/announcement/announcement.ts'
import type { AnnouncementCommand, AnnouncementReply } from '../domain/announcement/command.ts'
import type { AuctionState } from '../domain/auction/auction.ts'
import type { AuctionCommand, AuctionReply } from '../domain/auction/command.ts'
import type { MessageCommand, MessageReply } from '../domain/message/command.ts'
import type { Message } from '../domain/message/message.ts'
import type { NotificationCommand, NotificationReply } from '../domain/notification/command.ts'
import type { Notification } from '../domain/notification/notification.ts'
import type { NotifyCommand, NotifyReply } from '../domain/notification/notify.ts'
import type { ScoresCommand, ScoresReply } from '../domain/ranking/scores.ts'
import type { ReceiptCommand, ReceiptReply } from '../domain/receipt/command.ts'
import type { Marks } from '../domain/receipt/marks.ts'
import type { RevokeCommand } from '../domain/revocation/revoke.ts'
import type { RoomCommand } from '../domain/room/command.ts'
import type { Membership, Room } from '../domain/room/room.ts'
import type { ReportStatus, StatusReply } from '../domain/status/report.ts'
import type { Status } from '../domain/status/status.ts'
import type {
  Holding,
  OrderCommand,
  OrderReply,
  PositionCommand,
  PositionReply,
} from '../domain/trade/command.ts'
import type { Order } from '../domain/trade/order.ts'
import type { WalletCommand, WalletReply } from '../domain/wallet/credit.ts'
import type { Wallet } from '../domain/wallet/wallet.ts'
import type { AuctionId, RoomId, UserId } from '../kernel/id.ts'
import type { IdempotencyKey, Outcome } from './commands.ts'

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
