import type { Instant } from '../../../engine/kernel/instant.ts'
import type { BidId } from '../ids.ts'
import type { Bid } from './auction.ts'
import type { AuctionEvent, Offer } from './event.ts'

/** An accepted bidding command. */
export interface PastCommand {
  readonly sequence: number
  readonly bidder: Bid['bidder']
  readonly offer: Offer
  /** The bidder's own visible bid that it made: null if it made none, undefined until its other events are known. */
  readonly bidId: BidId | null | undefined
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
      const made = { sequence, bidder, offer: event.offer, bidId: undefined, voidedAt: null }
      return { ...past, commands: [...past.commands, made] }
    }
    case 'BidPlaced':
      return { commands: withOwnBid(past.commands, event.bid), bids: [...past.bids, event.bid] }
    case 'CommandsVoided': {
      const gone = new Set(event.sequences)
      const voided = new Map(event.bids.map((bid) => [bid.id, bid]))
      return {
        commands: past.commands.map((made) => {
          const { bidId = null, voidedAt } = made
          return { ...made, bidId, voidedAt: gone.has(made.sequence) ? event.voidedAt : voidedAt }
        }),
        bids: past.bids.map((bid) => voided.get(bid.id) ?? bid),
      }
    }
    default:
      return past
  }
}

/** The first bid after a command is that of its bidder, if it made any for them. */
function withOwnBid(commands: readonly PastCommand[], bid: Bid): readonly PastCommand[] {
  const last = commands.at(-1)
  if (last === undefined || last.bidId !== undefined || last.bidder.id !== bid.bidder.id) return commands
  return commands.with(-1, { ...last, bidId: bid.id })
}
