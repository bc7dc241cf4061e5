import type { Actor } from '../../../engine/kernel/actor.ts'
import type { Decision } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import type { Wallets } from '../../wallets/rules/transfer.ts'
import type { BidHistory } from './bid-history.ts'
import type { AuctionReply } from './command.ts'
import type { AuctionEvent } from './event.ts'

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
  /** For a creation: the exponent that the first use of its currency fixed. */
  readonly fixedExponent?: number | undefined
  /** For voidBid: what was bid before. */
  readonly bidHistory: BidHistory
}

export type AuctionDecision = Decision<AuctionEvent, AuctionReply>
