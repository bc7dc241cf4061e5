import { and, desc, eq, getTableColumns, inArray, isNull, lte, sql } from 'drizzle-orm'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Slice } from '../../../engine/storage/list-key.ts'
import { always, byParent, type Parent, parentTable } from '../../../engine/storage/parents.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { visibleTo } from '../../rooms/reads/visible.ts'
import type { Caller } from '../../rooms/rules/access.ts'
import { rooms } from '../../rooms/tables.ts'
import type { AuctionId, BidId } from '../ids.ts'
import type { Bid } from '../rules/auction.ts'
import { auctions, bids, ceilings } from '../tables.ts'

/** Undefined if none exists in a room that `caller` may see. */
export async function readBid(executor: Executor, id: BidId, caller: Caller): Promise<Bid | undefined> {
  const [row] = await executor
    .select(getTableColumns(bids))
    .from(bids)
    .innerJoin(auctions, eq(auctions.id, bids.auctionId))
    .innerJoin(rooms, eq(rooms.id, auctions.roomId))
    .where(and(eq(bids.id, id), visibleTo(caller)))
  return row && bidOf(row)
}

/** Those of `ids` that exist, regardless of visibility; undefined for the others. */
export async function readBidsById(
  executor: Executor,
  ids: readonly BidId[],
): Promise<readonly (Bid | undefined)[]> {
  const rows = await executor
    .select()
    .from(bids)
    .where(sql`${bids.id} = ANY(${sql.param(ids)})`)
  const found = new Map(rows.map((row) => [row.id, bidOf(row)]))
  return ids.map((id) => found.get(id))
}

/**
 * A page of each auction's bids, newest first, up to the bounding sequence; fetches one more than requested, if
 * available.
 */
export async function readBids(
  executor: Executor,
  of: readonly Parent<AuctionId>[],
  slice: Slice,
): Promise<readonly (readonly Bid[])[]> {
  const { after } = slice
  const parents = parentTable(executor, of)
  const page = executor
    .select()
    .from(bids)
    .where(
      and(
        eq(bids.auctionId, parents.id),
        lte(bids.sequence, parents.bound),
        after === null ? undefined : sql`${bids.sequence} < ${after.rank}::bigint`,
      ),
    )
    .orderBy(desc(bids.sequence))
    .limit(slice.limit + 1)
    .as('page')
  const rows = await executor
    .select({ n: parents.n, row: page._.selectedFields })
    .from(parents)
    .innerJoinLateral(page, always)
    .orderBy(parents.n, desc(page.sequence))
  return byParent(of.length, rows).map((list) => list.map(bidOf))
}

/** The room's open auctions in which `bidderId` has a bid or a maximum that counts. */
export async function readAuctionsWithBidsOf(
  executor: Executor,
  roomId: RoomId,
  bidderId: UserId,
): Promise<readonly AuctionId[]> {
  const rows = await executor
    .selectDistinct({ id: ceilings.auctionId })
    .from(ceilings)
    .innerJoin(auctions, eq(auctions.id, ceilings.auctionId))
    .where(
      and(
        eq(auctions.roomId, roomId),
        inArray(auctions.phase, ['SCHEDULED', 'LIVE', 'PAUSED']),
        eq(ceilings.bidderId, bidderId),
        isNull(ceilings.voidedAt),
      ),
    )
  return rows.map(({ id }) => id)
}

export function bidOf(row: typeof bids.$inferSelect): Bid {
  const { bidderId, bidderName, ...shown } = row
  return { ...shown, bidder: { id: bidderId, name: bidderName } }
}
