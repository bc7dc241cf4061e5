import { and, desc, eq, getTableColumns, lte, sql } from 'drizzle-orm'
import type { Bid } from '../../domain/auction/auction.ts'
import type { Caller } from '../../domain/room/access.ts'
import type { AuctionId, BidId } from '../../kernel/id.ts'
import type { Executor } from '../database.ts'
import { auctions, bids, rooms } from '../schema.ts'
import type { Slice } from './list-key.ts'
import { visibleTo } from './visible.ts'

/** Undefined where there is none in a room that `caller` may see. */
export async function readBid(executor: Executor, id: BidId, caller: Caller): Promise<Bid | undefined> {
  const [row] = await executor
    .select(getTableColumns(bids))
    .from(bids)
    .innerJoin(auctions, eq(auctions.id, bids.auctionId))
    .innerJoin(rooms, eq(rooms.id, auctions.roomId))
    .where(and(eq(bids.id, id), visibleTo(caller)))
  return row && bidOf(row)
}

/** Newest first, none above sequence `through`; one more than asked for, where there is one. */
export async function readBids(
  executor: Executor,
  auctionId: AuctionId,
  through: number,
  slice: Slice,
): Promise<readonly Bid[]> {
  const { after } = slice
  const rows = await executor
    .select()
    .from(bids)
    .where(
      and(
        eq(bids.auctionId, auctionId),
        lte(bids.sequence, through),
        after === null ? undefined : sql`${bids.sequence} < ${after.rank}::bigint`,
      ),
    )
    .orderBy(desc(bids.sequence))
    .limit(slice.limit + 1)
  return rows.map(bidOf)
}

function bidOf(row: typeof bids.$inferSelect): Bid {
  const { bidderId, bidderName, ...shown } = row
  return { ...shown, bidder: { id: bidderId, name: bidderName } }
}
