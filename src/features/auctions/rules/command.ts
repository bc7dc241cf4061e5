import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../../rooms/ids.ts'
import type { AuctionId, BidId } from '../ids.ts'
import type { BidOutcome } from './auction.ts'

/** Amounts and instants as the client sent them: the decider checks every one. */
export interface CreateAuction {
  readonly kind: 'create'
  readonly id: AuctionId
  readonly roomId: RoomId
  readonly title: string
  readonly description: string
  readonly currency: string
  /** Omit for the exponent of ISO 4217, or 0 for currencies outside it. */
  readonly currencyExponent?: number | undefined
  readonly startingPrice: number
  readonly reservePrice: number | null
  readonly buyNowPrice: number | null
  /** Null: the default table. */
  readonly increments: readonly { readonly from: number; readonly step: number }[] | null
  readonly softClose: {
    readonly windowMs: number
    readonly extensionMs: number
    readonly capMs: number
  } | null
  readonly funded: boolean
  /** Null: immediately. */
  readonly startsAt: Instant | null
  readonly endsAt: Instant
  /** Null: the actor. */
  readonly seller: Person | null
  /** Maximum number of open auctions in all rooms of one owner. Omit for exempt users. */
  readonly maxOpen?: number | undefined
}

export type AuctionCommand =
  | CreateAuction
  /** Exactly one of `amount` and `maximum` is a number. The ids are for the visible bids this may make. */
  | {
      readonly kind: 'placeBid'
      readonly amount: number | null
      readonly maximum: number | null
      readonly bidId: BidId
      readonly answerId: BidId
    }
  | { readonly kind: 'buyNow'; readonly price: number; readonly bidId: BidId }
  /** `answerId` is the id for the automatic bid that the leader may make as a result. */
  | {
      readonly kind: 'voidBid'
      readonly bidId: BidId
      readonly answerId: BidId
      readonly reason: string
    }
  /** Voids all bids and maximums of one bidder. */
  | {
      readonly kind: 'voidBidder'
      readonly bidderId: UserId
      readonly answerId: BidId
      readonly reason: string
    }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'hammer' }
  | { readonly kind: 'cancel'; readonly reason: string }
  /** Sent by the server to apply an opening or closing that is due, by the clock or because the room has ended. */
  | { readonly kind: 'applyDue' }

export interface AuctionReply {
  /** For placeBid and buyNow. `bidId` is null when only a maximum was raised. */
  readonly bid: { readonly outcome: BidOutcome; readonly bidId: BidId | null } | null
}
