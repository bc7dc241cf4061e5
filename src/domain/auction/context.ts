import type { Instant } from '../../kernel/instant.ts'
import type { Actor } from '../actor.ts'
import type { Decision } from '../decision.ts'
import type { RoomFacts } from '../room/room.ts'
import type { Wallets } from '../wallet/transfer.ts'
import type { AuctionReply } from './command.ts'
import type { AuctionEvent } from './event.ts'
import type { Past } from './past.ts'

/** What a decision needs beside the auction: one reading of the clock, who asks, and the room with the actor's membership. */
export interface AuctionContext {
  readonly now: Instant
  readonly actor: Actor
  /** Undefined where there is no such room; only the server itself gets anywhere then. */
  readonly room: RoomFacts | undefined
  /** Of a funded auction: see `withFunds`. */
  readonly wallets: Wallets
  /** For a creation with `maxOpen`: how many are open now in all rooms of the room's owner. */
  readonly openAuctions?: number | undefined
  /** For voidBid: what was bid before. */
  readonly past: Past
}

export type AuctionDecision = Decision<AuctionEvent, AuctionReply>
