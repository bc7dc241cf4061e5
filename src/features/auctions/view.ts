import { once } from '../../engine/kernel/memoize.ts'
import type { Position } from '../../engine/kernel/position.ts'
import type { AuctionReads } from './batched-reads.ts'
import type { AuctionId } from './ids.ts'
import type { AuctionRecord } from './reads/auctions.ts'
import type { AuctionStanding, AuctionTerms } from './rules/auction.ts'

/** An auction for the resolvers of type Auction. `terms` contain the reserve: no field may expose it. */
export interface AuctionView {
  readonly id: AuctionId
  readonly terms: AuctionTerms
  readonly standing: AuctionStanding
  readonly position: () => Promise<Position>
  /** The sequence of the last bid that `bids` lists. */
  readonly lastBid: () => Promise<number>
}

/** The auction as read together with its head: anything later comes after the cursor. */
export function auctionOfRecord({ terms, standing, head }: AuctionRecord): AuctionView {
  return {
    id: terms.id,
    terms,
    standing,
    position: async () => head.position,
    lastBid: async () => head.lastBid,
  }
}

/** The auction as an entry carries it; its head is read lazily. */
export function auctionOfEntry(
  reads: Pick<AuctionReads, 'auctionHead'>,
  terms: AuctionTerms,
  standing: AuctionStanding,
): AuctionView {
  const head = once(() => reads.auctionHead(terms.id))
  return {
    id: terms.id,
    terms,
    standing,
    position: async () => (await head()).position,
    lastBid: async () => (await head()).lastBid,
  }
}

/**
 * The auction right after the command that ended at `position` of its history. `bids` may already list later bids,
 * which then arrive again as entries: the same bids by their ids.
 */
export function auctionAfterCommand(
  reads: Pick<AuctionReads, 'auctionHead'>,
  terms: AuctionTerms,
  standing: AuctionStanding,
  position: Position,
): AuctionView {
  return { ...auctionOfEntry(reads, terms, standing), position: async () => position }
}
