import { LRUCache } from 'lru-cache'
import type { Entry } from '../../engine/history/entry.ts'
import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { PresentedEvent, Source } from '../../engine/hub/source.ts'
import { SYSTEM } from '../../engine/kernel/actor.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { type AuctionReads, auctionReads } from './batched-reads.ts'
import { type AuctionId, asAuctionId } from './ids.ts'
import { readAuction, readTerms } from './reads/auctions.ts'
import type { AuctionStanding, AuctionTerms, Bid } from './rules/auction.ts'
import { type AuctionView, auctionOfEntry, auctionOfRecord } from './view.ts'

/** The data of an entry in an auction's history. It omits the terms, which never change. */
interface AuctionEntryData {
  readonly standing: AuctionStanding
  /** BidPlaced, BidVoided. */
  readonly bid?: Bid
  /** BidVoided. Absent in entries of older nodes, which voided only `bid`. */
  readonly bids?: readonly Bid[]
  /** AuctionExtended. */
  readonly previousEndsAt?: Instant
  /** AuctionSold. */
  readonly winner?: NonNullable<AuctionStanding['winner']>
  /** AuctionCancelled, BidVoided. */
  readonly reason?: string
}

export type AuctionEvent = PresentedEvent &
  Omit<AuctionEntryData, 'standing'> & { readonly auction: AuctionView }

export interface AuctionSource extends Source<AuctionTerms> {
  /** The auction right after `entry`. */
  auctionAfter(entry: Entry): Promise<AuctionView>
}

/** Terms are a few hundred bytes and are read once per followed auction. */
const MAX_TERMS = 10_000

export const auctionSource = defineService('auctions: source', ({ database, get }) =>
  createAuctionSource(database, get(auctionReads)),
)

function createAuctionSource(database: Database, reads: AuctionReads): AuctionSource {
  const known = new LRUCache<AuctionId, AuctionTerms>({ max: MAX_TERMS })

  async function termsOf(id: AuctionId): Promise<AuctionTerms> {
    const cached = known.get(id)
    if (cached !== undefined) return cached
    const terms = await readTerms(database, id)
    known.set(id, terms)
    return terms
  }

  return {
    snapshotType: 'AuctionSnapshot',
    isSnapshotShared: true,

    async snapshot(topic) {
      const record = await readAuction(database, asAuctionId(idOf(topic)), SYSTEM)
      if (record === undefined) throw new Error(`${topic} has no auction`)
      known.set(record.terms.id, record.terms)
      const state = { auction: auctionOfRecord(record) }
      return { position: record.head.position, at: record.at, state }
    },

    async prepare(topic, entries) {
      const terms = await termsOf(asAuctionId(idOf(topic)))
      return entries.map(() => terms)
    },

    present(entry, terms): AuctionEvent {
      if (terms === undefined || !isAuctionData(entry.data)) throw unreadable(entry)
      const { standing, ...rest } = entry.data
      return { ...rest, ...presentEntry(entry), auction: auctionOfEntry(reads, terms, standing) }
    },

    async auctionAfter(entry) {
      if (!isAuctionData(entry.data)) throw unreadable(entry)
      return auctionOfEntry(reads, await termsOf(asAuctionId(idOf(entry.topic))), entry.data.standing)
    },
  }
}

function isAuctionData(data: object): data is AuctionEntryData {
  return 'standing' in data
}
