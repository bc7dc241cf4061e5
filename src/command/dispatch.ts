import type { Actor } from '../domain/actor.ts'
import type { Announcement } from '../domain/announcement/announcement.ts'
import type { AnnouncementCommand, AnnouncementReply } from '../domain/announcement/command.ts'
import type { AuctionState } from '../domain/auction/auction.ts'
import type { AuctionCommand, AuctionReply } from '../domain/auction/command.ts'
import type { MessageCommand, MessageReply } from '../domain/message/command.ts'
import type { Message } from '../domain/message/message.ts'
import type { RoomCommand } from '../domain/room/command.ts'
import type { Membership, Room } from '../domain/room/room.ts'
import type { AuctionId, RoomId } from '../kernel/id.ts'
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
  announcements(
    actor: Actor,
    body: AnnouncementCommand,
    idempotency?: IdempotencyKey,
  ): Promise<Outcome<AnnouncementReply, Announcement>>
}
