import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import { always } from '../../../engine/storage/parents.ts'
import { holds } from '../../wallets/tables.ts'
import type { AuctionId } from '../ids.ts'
import type { Bid } from '../rules/auction.ts'
import { bids, ceilings } from '../tables.ts'
import type { BidderKey } from './auctions.ts'
import { bidOf } from './bids.ts'

/** One bidder's stake in one auction. */
export interface Bidding {
  /** The highest visible bid that is not voided. */
  readonly highestBid: Bid | null
  /** The highest amount that the bidder's valid bids and maximums offer. */
  readonly maximum: Amount | null
  /** The amount that the bidder's wallet holds for this auction. */
  readonly held: Amount
}

interface Row {
  readonly bid: typeof bids.$inferSelect | null
  readonly maximum: Amount | null
  readonly held: Amount | null
}

/** One result per key, in one statement; undefined if that user has not bid in that auction. */
export async function readBiddings(
  executor: Executor,
  keys: readonly BidderKey[],
): Promise<readonly (Bidding | undefined)[]> {
  const auctionIds = sql.param(keys.map(({ auctionId }) => auctionId))
  const bidderIds = sql.param(keys.map(({ bidderId }) => bidderId))
  const asked = executor
    .select({
      n: sql`asked_n - 1`.mapWith(Number).as('asked_place'),
      auctionId: sql<AuctionId>`asked_auction`.as('asked_auction'),
      bidderId: sql<UserId>`asked_bidder`.as('asked_bidder'),
    })
    .from(
      sql`unnest(${auctionIds}::text[], ${bidderIds}::text[]) WITH ORDINALITY AS asked(asked_auction, asked_bidder, asked_n)`,
    )
    .as('asked')
  const highest = executor
    .select()
    .from(bids)
    .where(and(eq(bids.auctionId, asked.auctionId), eq(bids.bidderId, asked.bidderId), isNull(bids.voidedAt)))
    .orderBy(desc(bids.amount), desc(bids.sequence))
    .limit(1)
    .as('highest')
  const last = executor
    .select({ sequence: ceilings.sequence })
    .from(ceilings)
    .where(and(eq(ceilings.auctionId, asked.auctionId), eq(ceilings.bidderId, asked.bidderId)))
    .limit(1)
    .as('last')
  const standing = executor
    .select({ maximum: ceilings.maximum })
    .from(ceilings)
    .where(
      and(
        eq(ceilings.auctionId, asked.auctionId),
        eq(ceilings.bidderId, asked.bidderId),
        isNull(ceilings.voidedAt),
      ),
    )
    .orderBy(desc(ceilings.sequence))
    .limit(1)
    .as('standing')
  const rows = await executor
    .select({ n: asked.n, bid: highest._.selectedFields, maximum: standing.maximum, held: holds.amount })
    .from(asked)
    .innerJoinLateral(last, always)
    .leftJoinLateral(highest, always)
    .leftJoinLateral(standing, always)
    .leftJoin(holds, and(eq(holds.auctionId, asked.auctionId), eq(holds.userId, asked.bidderId)))
  const found = new Map(rows.map((row) => [row.n, biddingOf(row)]))
  return keys.map((_, index) => found.get(index))
}

function biddingOf({ bid, maximum, held }: Row): Bidding {
  return { highestBid: bid === null ? null : bidOf(bid), maximum, held: held ?? amount(0) }
}
