import type { Amount } from '../../engine/kernel/amount.ts'
import { type ReadTogether, together } from '../../engine/kernel/batch-loader.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import type { Slice } from '../../engine/storage/list-key.ts'
import { type PageKey, pages } from '../../engine/storage/pages.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { AuctionId, BidId } from './ids.ts'
import {
  type AuctionHead,
  type AuctionRecord,
  type BidderKey,
  readAuctionHeads,
  readAuctionsFor,
  readAuctionsOfRooms,
  readMaximums,
} from './reads/auctions.ts'
import { type Bidding, readBiddings } from './reads/biddings.ts'
import { readBids, readBidsById } from './reads/bids.ts'
import { type AuctionVisibilityQuery, checkAuctionVisibility } from './reads/visibility-checks.ts'
import type { AuctionPhase, Bid } from './rules/auction.ts'

interface AuctionsPage {
  readonly phase: AuctionPhase | null
  readonly slice: Slice
}

/** Batched reads of auctions for fields that ask for one at a time. */
export interface AuctionReads {
  /** The auction's room; undefined if the auction does not exist for that caller. */
  readonly roomOfAuction: ReadTogether<AuctionVisibilityQuery, RoomId | undefined>
  /** Undefined if the auction does not exist for that caller. */
  readonly auction: ReadTogether<AuctionVisibilityQuery, AuctionRecord | undefined>
  readonly auctionsOfRoom: ReadTogether<PageKey<RoomId, AuctionsPage>, readonly AuctionRecord[]>
  readonly auctionHead: ReadTogether<AuctionId, AuctionHead>
  /** `bound`: the sequence of the last bid. */
  readonly bids: ReadTogether<PageKey<AuctionId, Slice>, readonly Bid[]>
  readonly bid: ReadTogether<BidId, Bid | undefined>
  readonly maximum: ReadTogether<BidderKey, Amount | null>
  /** Undefined if that user has not bid in that auction. */
  readonly bidding: ReadTogether<BidderKey, Bidding | undefined>
}

export const auctionReads = defineService('auctions: reads', ({ database }) => createAuctionReads(database))

function createAuctionReads(database: Database): AuctionReads {
  return {
    roomOfAuction: together((queries) => checkAuctionVisibility(database, queries)),
    auction: together((queries) => readAuctionsFor(database, queries)),
    auctionsOfRoom: pages((parents, { phase, slice }) =>
      readAuctionsOfRooms(database, parents, phase, slice),
    ),
    auctionHead: together((ids) => readAuctionHeads(database, ids), { idOf: String }),
    bids: pages((parents, slice) => readBids(database, parents, slice)),
    bid: together((ids) => readBidsById(database, ids), { idOf: String }),
    maximum: together((keys) => readMaximums(database, keys)),
    bidding: together((keys) => readBiddings(database, keys)),
  }
}
