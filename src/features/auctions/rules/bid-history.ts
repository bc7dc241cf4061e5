import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Bid } from './auction.ts'
import type { AuctionEvent, Offer } from './event.ts'

/** An accepted bidding command. */
export interface PastCommand {
  readonly sequence: number
  readonly bidder: Bid['bidder']
  readonly offer: Offer
  /** Since when it no longer counts; null while it does. */
  readonly voidedAt: Instant | null
}

/** All that was bid in an auction so far, in order of acceptance. */
export interface Past {
  /** With the voided ones. */
  readonly commands: readonly PastCommand[]
  /** With the voided ones. */
  readonly bids: readonly Bid[]
}

export const NOTHING_PAST: Past = { commands: [], bids: [] }

/** What later events make of it. */
export function evolvePast(past: Past, event: AuctionEvent): Past {
  switch (event.type) {
    case 'CeilingSet': {
      const { sequence, bidder } = event.ceiling
      const made = { sequence, bidder, offer: event.offer, voidedAt: null }
      return { ...past, commands: [...past.commands, made] }
    }
    case 'BidPlaced':
      return { ...past, bids: [...past.bids, event.bid] }
    case 'CommandsVoided': {
      const gone = new Set(event.sequences)
      const voided = new Map(event.bids.map((bid) => [bid.id, bid]))
      return {
        commands: past.commands.map((made) => {
          return gone.has(made.sequence) ? { ...made, voidedAt: event.voidedAt } : made
        }),
        bids: past.bids.map((bid) => voided.get(bid.id) ?? bid),
      }
    }
    default:
      return past
  }
}
