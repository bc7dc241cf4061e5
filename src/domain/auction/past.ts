import type { BidId } from '../../kernel/id.ts'
import type { Bid } from './auction.ts'
import type { AuctionEvent, Offer } from './event.ts'

/** An accepted bidding command that was not struck. */
export interface PastCommand {
  readonly sequence: number
  readonly bidder: Bid['bidder']
  readonly offer: Offer
  /** The visible bid that it made for its own bidder. */
  readonly bidId: BidId | null
}

/** All that was bid in an auction so far, in order of acceptance. */
export interface Past {
  /** Without the struck ones. */
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
      return { ...past, commands: [...past.commands, { sequence, bidder, offer: event.offer, bidId: null }] }
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
        commands: past.commands.filter(({ sequence }) => !gone.has(sequence)),
        bids: past.bids.map((bid) => (voided.has(bid.id) ? { ...bid, voidedAt: event.voidedAt } : bid)),
      }
    }
    default:
      return past
  }
}
