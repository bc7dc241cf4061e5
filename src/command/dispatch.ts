import type { Actor } from '../domain/actor.ts'
import type { Announcement } from '../domain/announcement/announcement.ts'
import type { AnnouncementCommand, AnnouncementReply } from '../domain/announcement/command.ts'
import type { AuctionState } from '../domain/auction/auction.ts'
import type { AuctionCommand, AuctionReply } from '../domain/auction/command.ts'
import type { MessageCommand, MessageReply } from '../domain/message/command.ts'
import type { Message } from '../domain/message/message.ts'
import type { NotificationCommand, NotificationReply } from '../domain/notification/command.ts'
import type { RoomCommand } from '../domain/room/command.ts'
import type { Membership, Room } from '../domain/room/room.ts'
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
  announcements(
    actor: Actor,
    body: AnnouncementCommand,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<AnnouncementReply, Announcement>>
}
