import { and, desc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { AuctionPhase, AuctionStanding, AuctionTerms } from '../../domain/auction/auction.ts'
import type { Caller } from '../../domain/room/access.ts'
import type { Amount } from '../../kernel/amount.ts'
import type { AuctionId, RoomId, UserId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Offset, Position } from '../../kernel/position.ts'
import { auctionTopic } from '../../kernel/topic.ts'
import type { Executor } from '../database.ts'
import { auctions, bids, ceilings, rooms, topics } from '../schema.ts'
import { clock, timestamp } from './columns.ts'
import type { Slice } from './list-key.ts'
import { accessOf, visibleTo } from './visible.ts'

/** How far an auction's history and its list of bids reach at one moment. */
export interface AuctionHead {
  readonly position: Position
  /** The sequence of the last visible bid; 0 before the first. */
  readonly lastBid: number
}

/** An auction and the head that its standing includes, from one statement and so of one moment. */
export interface AuctionRecord {
  readonly terms: AuctionTerms
  readonly standing: AuctionStanding
  readonly head: AuctionHead
  readonly at: Instant
}

const record = {
  terms: auctions.terms,
  standing: auctions.standing,
  position: { epoch: topics.epoch, offset: topics.head },
  lastBid: lastBidOf(sql`${auctions.id}`),
  at: clock,
}

/** Undefined where there is none in a room that `caller` may see. */
export async function readAuction(
  executor: Executor,
  id: AuctionId,
  caller: Caller,
): Promise<AuctionRecord | undefined> {
  const [row] = await executor
    .select(record)
    .from(auctions)
    .innerJoin(rooms, eq(rooms.id, auctions.roomId))
    .innerJoin(topics, eq(topics.topic, auctionTopic(id)))
    .where(and(eq(auctions.id, id), visibleTo(caller)))
  return row && recordOf(row)
}

export interface AuctionFilter {
  readonly phase?: AuctionPhase | null | undefined
  readonly roomId?: RoomId | null | undefined
}

/** Newest first; one more than asked for, where there is one. */
export async function readAuctions(
  executor: Executor,
  caller: Caller,
  filter: AuctionFilter,
  slice: Slice,
): Promise<readonly AuctionRecord[]> {
  const { after } = slice
  const rows = await executor
    .select(record)
    .from(auctions)
    .innerJoin(rooms, eq(rooms.id, auctions.roomId))
    .innerJoin(topics, eq(topics.topic, sql`'auction:' || ${auctions.id}`))
    .where(
      and(
        visibleTo(caller),
        filter.roomId ? eq(auctions.roomId, filter.roomId) : undefined,
        filter.phase ? eq(auctions.phase, filter.phase) : undefined,
        after === null
          ? undefined
          : sql`(${auctions.createdAt}, ${auctions.id}) < (${timestamp(after.rank)}, ${after.id})`,
      ),
    )
    .orderBy(desc(auctions.createdAt), desc(auctions.id))
    .limit(slice.limit + 1)
  return rows.map(recordOf)
}

/** Those of `ids` that exist, whoever may see them. */
export async function readAuctionsById(
  executor: Executor,
  ids: readonly AuctionId[],
): Promise<readonly AuctionRecord[]> {
  if (ids.length === 0) return []
  const rows = await executor
    .select(record)
    .from(auctions)
    .innerJoin(topics, eq(topics.topic, sql`'auction:' || ${auctions.id}`))
    .where(inArray(auctions.id, [...ids]))
  return rows.map(recordOf)
}

/** The offset of an auction's last entry, and text that is another whenever others may see the auction. */
export interface OpenAuction {
  readonly version: Offset
  readonly access: string
}

const roomTopics = alias(topics, 'room_topics')

/** The auctions that are not over. */
export async function readOpenAuctions(executor: Executor): Promise<ReadonlyMap<string, OpenAuction>> {
  const rows = await executor
    .select({ id: auctions.id, version: topics.head, access: accessOf(roomTopics.head) })
    .from(auctions)
    .innerJoin(topics, eq(topics.topic, sql`'auction:' || ${auctions.id}`))
    .innerJoin(rooms, eq(rooms.id, auctions.roomId))
    .innerJoin(roomTopics, eq(roomTopics.topic, sql`'room:' || ${rooms.id}`))
    .where(inArray(auctions.phase, ['SCHEDULED', 'LIVE', 'PAUSED']))
  return new Map(rows.map(({ id, ...open }) => [id, open]))
}

/** The terms, which never change. The auction must exist. */
export async function readTerms(executor: Executor, id: AuctionId): Promise<AuctionTerms> {
  const [row] = await executor.select({ terms: auctions.terms }).from(auctions).where(eq(auctions.id, id))
  if (row === undefined) throw new Error(`auction ${id} has a history but no terms`)
  return row.terms
}

/** How far history and bids reach now. The auction must exist. */
export async function readAuctionHead(executor: Executor, id: AuctionId): Promise<AuctionHead> {
  const [row] = await executor
    .select({ position: { epoch: topics.epoch, offset: topics.head }, lastBid: lastBidOf(sql`${id}`) })
    .from(topics)
    .where(eq(topics.topic, auctionTopic(id)))
  if (row === undefined) throw new Error(`auction ${id} has no history`)
  return row
}

/** The most that this bidder's standing commands offer: the last, since none can be lowered. */
export async function readCeiling(
  executor: Executor,
  auctionId: AuctionId,
  bidderId: UserId,
): Promise<Amount | null> {
  const [row] = await executor
    .select({ maximum: ceilings.maximum })
    .from(ceilings)
    .where(and(eq(ceilings.auctionId, auctionId), eq(ceilings.bidderId, bidderId), isNull(ceilings.voidedAt)))
    .orderBy(desc(ceilings.sequence))
    .limit(1)
  return row?.maximum ?? null
}

function lastBidOf(auctionId: SQL): SQL<number> {
  return sql<number>`(SELECT coalesce(max(${bids.sequence}), 0) FROM ${bids} WHERE ${bids.auctionId} = ${auctionId})`
}

function recordOf(row: {
  readonly terms: AuctionTerms
  readonly standing: AuctionStanding
  readonly position: Position
  readonly lastBid: number
  readonly at: Instant
}): AuctionRecord {
  const { terms, standing, position, lastBid, at } = row
  return { terms, standing, head: { position, lastBid }, at }
}
