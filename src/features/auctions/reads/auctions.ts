import { and, desc, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { clock, timestamp } from '../../../engine/history/columns.ts'
import { deadlines, topics } from '../../../engine/history/tables.ts'
import type { Amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Offset, Position } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Slice } from '../../../engine/storage/list-key.ts'
import { always, byParent, type Parent, parentTable } from '../../../engine/storage/parents.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { callersWithin, canSee } from '../../rooms/reads/visibility-checks.ts'
import { accessOf, visibleTo } from '../../rooms/reads/visible.ts'
import type { Caller } from '../../rooms/rules/access.ts'
import { rooms } from '../../rooms/tables.ts'
import type { AuctionId } from '../ids.ts'
import {
  AUCTION_PHASES,
  type AuctionPhase,
  type AuctionStanding,
  type AuctionTerms,
} from '../rules/auction.ts'
import { auctions, bids, ceilings } from '../tables.ts'
import { auctionTopic } from '../topics.ts'
import type { AuctionVisibilityQuery } from './visibility-checks.ts'
import { firstAuctionsVisibleTo } from './visible.ts'

/** The heads of an auction's history and of its list of bids at one moment. */
export interface AuctionHead {
  readonly position: Position
  /** The sequence of the last visible bid; 0 before the first. */
  readonly lastBid: number
}

/** An auction and the head that its standing includes, read in one statement and therefore consistent. */
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

/** Undefined if none exists in a room that `caller` may see. */
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

/** The auction for each query; undefined if none exists in a room that the caller may see. */
export async function readAuctionsFor(
  executor: Executor,
  queries: readonly AuctionVisibilityQuery[],
): Promise<readonly (AuctionRecord | undefined)[]> {
  const ids = [...new Set(queries.map(({ auctionId }) => auctionId))]
  const { kind, visibility } = rooms
  const rows = await executor
    .select({ ...record, room: { kind, visibility }, within: callersWithin(queries, rooms.id) })
    .from(auctions)
    .innerJoin(rooms, eq(rooms.id, auctions.roomId))
    .innerJoin(topics, eq(topics.topic, sql`'auction:' || ${auctions.id}`))
    .where(sql`${auctions.id} = ANY(${sql.param(ids)})`)
  const found = new Map(rows.map((row) => [row.terms.id, row]))
  return queries.map(({ auctionId, caller }) => {
    const row = found.get(auctionId)
    return row !== undefined && canSee(caller, row.room, row.within) ? recordOf(row) : undefined
  })
}

export interface AuctionFilter {
  readonly phase?: AuctionPhase | null | undefined
  readonly roomId?: RoomId | null | undefined
}

/** Newest first; fetches one more than requested, if available. */
export async function readAuctions(
  executor: Executor,
  caller: Caller,
  filter: AuctionFilter,
  slice: Slice,
): Promise<readonly AuctionRecord[]> {
  const phases = filter.phase ? [filter.phase] : AUCTION_PHASES
  const limit = slice.limit + 1
  const first = filter.roomId
    ? undefined
    : firstAuctionsVisibleTo(caller, { phases, where: isAfter(slice), limit })
  const rows = await executor
    .select(record)
    .from(auctions)
    .innerJoin(rooms, eq(rooms.id, auctions.roomId))
    .innerJoin(topics, eq(topics.topic, sql`'auction:' || ${auctions.id}`))
    .where(
      and(
        first && sql`${auctions.id} = ANY(ARRAY(${first}))`,
        // Checked against the room itself, however the list was found.
        visibleTo(caller),
        filter.roomId ? eq(auctions.roomId, filter.roomId) : undefined,
        filter.phase ? eq(auctions.phase, filter.phase) : undefined,
        isAfter(slice),
      ),
    )
    .orderBy(desc(auctions.createdAt), desc(auctions.id))
    .limit(limit)
  return rows.map(recordOf)
}

/**
 * A page of each room's auctions, newest first; fetches one more than requested, if available. Does not check
 * visibility.
 */
export async function readAuctionsOfRooms(
  executor: Executor,
  of: readonly Parent<RoomId>[],
  phase: AuctionPhase | null,
  slice: Slice,
): Promise<readonly (readonly AuctionRecord[])[]> {
  const parents = parentTable(executor, of)
  const page = executor
    .select({ id: auctions.id, createdAt: auctions.createdAt })
    .from(auctions)
    .where(
      and(
        eq(auctions.roomId, parents.id),
        phase === null ? undefined : eq(auctions.phase, phase),
        isAfter(slice),
      ),
    )
    .orderBy(desc(auctions.createdAt), desc(auctions.id))
    .limit(slice.limit + 1)
    .as('page')
  const rows = await executor
    .select({ n: parents.n, ...record })
    .from(parents)
    .innerJoinLateral(page, always)
    .innerJoin(auctions, eq(auctions.id, page.id))
    .innerJoin(topics, eq(topics.topic, sql`'auction:' || ${auctions.id}`))
    .orderBy(parents.n, desc(auctions.createdAt), desc(auctions.id))
  return byParent(
    of.length,
    rows.map(({ n, ...row }) => ({ n, row: recordOf(row) })),
  )
}

function isAfter({ after }: Slice): SQL | undefined {
  return after === null
    ? undefined
    : sql`(${auctions.createdAt}, ${auctions.id}) < (${timestamp(after.rank)}, ${after.id})`
}

/** Those of `ids` that exist, regardless of visibility. */
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

/**
 * The offset of an auction's last entry, and a text that changes whenever the set of users who may see the auction
 * changes.
 */
export interface OpenAuction {
  readonly version: Offset
  readonly access: string
}

const roomTopics = alias(topics, 'room_topics')

/** Open auctions. */
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

/** The room's open auctions that are due, by the clock or the room's phase, and that no node has updated yet. */
export async function readDueAuctionsIn(executor: Executor, roomId: RoomId): Promise<readonly AuctionId[]> {
  const rows = await executor
    .select({ id: auctions.id })
    .from(auctions)
    .innerJoin(deadlines, eq(deadlines.topic, sql`'auction:' || ${auctions.id}`))
    .where(
      and(
        eq(auctions.roomId, roomId),
        inArray(auctions.phase, ['SCHEDULED', 'LIVE', 'PAUSED']),
        sql`${deadlines.dueAt} <= clock_timestamp()`,
      ),
    )
  return rows.map(({ id }) => id)
}

/** The terms, which never change. The auction must exist. */
export async function readTerms(executor: Executor, id: AuctionId): Promise<AuctionTerms> {
  const [row] = await executor.select({ terms: auctions.terms }).from(auctions).where(eq(auctions.id, id))
  if (row === undefined) throw new Error(`auction ${id} has a history but no terms`)
  return row.terms
}

/** The current heads of history and bids. The auctions must exist. */
export async function readAuctionHeads(
  executor: Executor,
  ids: readonly AuctionId[],
): Promise<readonly AuctionHead[]> {
  const rows = await executor
    .select({
      topic: topics.topic,
      position: { epoch: topics.epoch, offset: topics.head },
      lastBid: lastBidOf(sql`substr(${topics.topic}, ${AUCTION_PREFIX.length + 1}::int)`),
    })
    .from(topics)
    .where(inArray(topics.topic, ids.map(auctionTopic)))
  const found = new Map<string, AuctionHead>(rows.map(({ topic, ...head }) => [topic, head]))
  return ids.map((id) => {
    const head = found.get(auctionTopic(id))
    if (head === undefined) throw new Error(`auction ${id} has no history`)
    return head
  })
}

/** A bidder and an auction. */
export interface BidderKey {
  readonly auctionId: AuctionId
  readonly bidderId: UserId
}

/** The highest maximum of each bidder's valid commands: the last one, since a maximum cannot be lowered. */
export async function readMaximums(
  executor: Executor,
  keys: readonly BidderKey[],
): Promise<readonly (Amount | null)[]> {
  const auctionIds = keys.map(({ auctionId }) => auctionId)
  const bidderIds = keys.map(({ bidderId }) => bidderId)
  const rows = await executor
    .selectDistinctOn([ceilings.auctionId, ceilings.bidderId])
    .from(ceilings)
    .where(
      and(
        sql`(${ceilings.auctionId}, ${ceilings.bidderId}) IN (
          SELECT * FROM unnest(${sql.param(auctionIds)}::text[], ${sql.param(bidderIds)}::text[]))`,
        isNull(ceilings.voidedAt),
      ),
    )
    .orderBy(ceilings.auctionId, ceilings.bidderId, desc(ceilings.sequence))
  const keyOf = ({ auctionId, bidderId }: BidderKey): string => `${auctionId}\n${bidderId}`
  const found = new Map(rows.map((row) => [keyOf(row), row.maximum]))
  return keys.map((key) => found.get(keyOf(key)) ?? null)
}

const AUCTION_PREFIX = 'auction:'

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
