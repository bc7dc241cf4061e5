import type { Instant } from '../../../engine/kernel/instant.ts'
import type { BidId } from '../ids.ts'
import type { Bid } from './auction.ts'
import type { AuctionEvent, Offer } from './event.ts'

/** An accepted bidding command. */
export interface BiddingCommand {
  readonly sequence: number
  readonly bidder: Bid['bidder']
  readonly offer: Offer
  /** The bidder's own visible bid that it made: null if it made none, undefined until its other events are known. */
  readonly bidId: BidId | null | undefined
  /** When it was voided; null while it is valid. */
  readonly voidedAt: Instant | null
}

/** All bids and bidding commands of an auction so far, in order of acceptance. */
export interface BidHistory {
  /** Including voided ones. */
  readonly commands: readonly BiddingCommand[]
  /** Including voided ones. */
  readonly bids: readonly Bid[]
}

export const NO_BID_HISTORY: BidHistory = { commands: [], bids: [] }

/** The bid history right after `event`. */
export function evolveBidHistory(bidHistory: BidHistory, event: AuctionEvent): BidHistory {
  switch (event.type) {
    case 'MaximumSet': {
      const { sequence, bidder } = event.maximum
      const made = { sequence, bidder, offer: event.offer, bidId: undefined, voidedAt: null }
      return { ...bidHistory, commands: [...bidHistory.commands, made] }
    }
    case 'BidPlaced':
      return { commands: withOwnBid(bidHistory.commands, event.bid), bids: [...bidHistory.bids, event.bid] }
    case 'CommandsVoided': {
      const gone = new Set(event.sequences)
      const voided = new Map(event.bids.map((bid) => [bid.id, bid]))
      return {
        commands: bidHistory.commands.map((made) => {
          const { bidId = null, voidedAt } = made
          return { ...made, bidId, voidedAt: gone.has(made.sequence) ? event.voidedAt : voidedAt }
        }),
        bids: bidHistory.bids.map((bid) => voided.get(bid.id) ?? bid),
      }
    }
    default:
      return bidHistory
  }
}

/** The first bid after a command is that of its bidder, if it made any for them. */
function withOwnBid(commands: readonly BiddingCommand[], bid: Bid): readonly BiddingCommand[] {
  const last = commands.at(-1)
  if (last === undefined || last.bidId !== undefined || last.bidder.id !== bid.bidder.id) return commands
  return commands.with(-1, { ...last, bidId: bid.id })
}
