import type { Actor } from '../../../engine/kernel/actor.ts'
import type { Decision } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import type { Wallets } from '../../wallets/rules/transfer.ts'
import type { BidHistory } from './bid-history.ts'
import type { AuctionReply } from './command.ts'
import type { AuctionEvent } from './event.ts'

/**
 * What a decision needs in addition to the auction: the current time, the actor, and the room with the actor's
 * membership.
 */
export interface AuctionContext {
  readonly now: Instant
  readonly actor: Actor
  /** Undefined if the room does not exist; then only the server's own commands can succeed. */
  readonly room: RoomFacts | undefined
  /** Funded auctions only: see `withFunds`. */
  readonly wallets: Wallets
  /** For a creation with `maxOpen`: the current number of open auctions in all rooms of the room's owner. */
  readonly openAuctions?: number | undefined
  /** For a creation: the exponent that the first use of its currency fixed. */
  readonly fixedExponent?: number | undefined
  /** For voidBid: all earlier bids. */
  readonly bidHistory: BidHistory
}

export type AuctionDecision = Decision<AuctionEvent, AuctionReply>
