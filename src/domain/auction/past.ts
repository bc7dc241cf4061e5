import type { BidId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Bid } from './auction.ts'
import type { AuctionEvent, Offer } from './event.ts'

/** An accepted bidding command. */
export interface PastCommand {
  readonly sequence: number
  readonly bidder: Bid['bidder']
  readonly offer: Offer
  /** The visible bid that it made for its own bidder. */
  readonly bidId: BidId | null
  /** When it was struck, or passed over because others were: it has not counted since. Null where it counts. */
  readonly struckAt: Instant | null
}

/** All that was bid in an auction so far, in order of acceptance. */
export interface Past {
  /** With the struck ones. */
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
      const made = { sequence, bidder, offer: event.offer, bidId: null, struckAt: null }
      return { ...past, commands: [...past.commands, made] }
    }
    case 'BidPlaced': {
      const last = past.commands.at(-1)
      const isOwn = last !== undefined && last.bidId === null && last.bidder.id === event.bid.bidder.id
      const commands = isOwn
        ? [...past.commands.slice(0, -1), { ...last, bidId: event.bid.id }]
        : past.commands
      return { commands, bids: [...past.bids, event.bid] }
    }
    case 'CommandsStruck': {
      const gone = new Set(event.sequences)
      const voided = new Set(event.bidIds)
      return {
        commands: past.commands.map((made) => {
          return gone.has(made.sequence) ? { ...made, struckAt: event.voidedAt } : made
        }),
        bids: past.bids.map((bid) => (voided.has(bid.id) ? { ...bid, voidedAt: event.voidedAt } : bid)),
      }
    }
    default:
      return past
  }
}
