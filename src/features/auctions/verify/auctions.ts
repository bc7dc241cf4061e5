import { and, asc, eq, getTableColumns, gt, isNull, ne, sql } from 'drizzle-orm'
import { topics } from '../../../engine/history/tables.ts'
import { FAR_FUTURE } from '../../../engine/kernel/instant.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import { compare, type Difference } from '../../../engine/verify/difference.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import { type AuctionId, asAuctionId, asBidId } from '../ids.ts'
import type { AuctionState, AuctionTerms, BidKind } from '../rules/auction.ts'
import { NO_BID_HISTORY } from '../rules/bid-history.ts'
import { decideAuction } from '../rules/decide.ts'
import { foldAuction } from '../rules/evolve.ts'
import { recompute } from '../rules/recompute.ts'
import { auctions, bids, ceilings } from '../tables.ts'
import { auctionTopic } from '../topics.ts'
import { verifyBidsThatStand } from './bids.ts'

const PAGE = 200

type Row = typeof auctions.$inferSelect
/** With the kind of the visible bid that it made, if any. */
type Offer = typeof ceilings.$inferSelect & { readonly bidKind: BidKind | null }

/** Recomputes every auction from its history and its offers, and reports where the stored state differs. */
export async function* verifyAuctions(executor: Executor): AsyncGenerator<Difference, void> {
  let after: AuctionId = asAuctionId('')
  for (;;) {
    const page = await executor
      .select()
      .from(auctions)
      .where(gt(auctions.id, after))
      .orderBy(asc(auctions.id))
      .limit(PAGE)
    for (const row of page) yield* await verifyAuction(executor, row)
    yield* await verifyBidsThatStand(executor, page)
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

async function verifyAuction(executor: Executor, row: Row): Promise<readonly Difference[]> {
  const about = `auction ${row.id}`
  const offers = await executor
    .select({ ...getTableColumns(ceilings), bidKind: bids.kind })
    .from(ceilings)
    .leftJoin(bids, eq(bids.id, ceilings.bidId))
    .where(eq(ceilings.auctionId, row.id))
    .orderBy(asc(ceilings.sequence))
  return [
    ...(await verifyHistory(executor, about, row)),
    ...(await verifyBids(executor, about, row)),
    ...verifyOffers(about, row, offers),
    ...(await verifyYields(executor, about, row, offers)),
  ]
}

/** The history has no gaps, and its last entry matches the stored state. */
async function verifyHistory(executor: Executor, about: string, row: Row): Promise<readonly Difference[]> {
  const topic = auctionTopic(row.id)
  const [head] = await executor.select().from(topics).where(eq(topics.topic, topic))
  if (head === undefined) return compare(about, 'its history', 'missing', 'there')
  const { rows } = await executor.execute<{ count: number; standing: object | null }>(sql`
    SELECT count(*)::int AS count,
      (SELECT data->'standing' FROM entries WHERE topic = ${topic} AND "offset" = ${head.head}) AS standing
    FROM entries WHERE topic = ${topic} AND "offset" > ${head.floor} AND "offset" <= ${head.head}`)
  const [found] = rows
  return [
    ...compare(about, 'entries kept', found?.count, head.head - head.floor),
    ...(found?.standing ? compare(about, 'standing', row.standing, found.standing) : []),
  ]
}

/** Every visible bid has the same amount in the history and in the table, as far back as the history reaches. */
async function verifyBids(executor: Executor, about: string, { id }: Row): Promise<readonly Difference[]> {
  const { rows } = await executor.execute<{ id: string; stored: string | null; announced: string }>(sql`
    SELECT data->'bid'->>'id' AS id, data->'bid'->>'amount' AS announced, bids.amount::text AS stored
    FROM entries LEFT JOIN bids ON bids.id = data->'bid'->>'id'
    WHERE topic = ${auctionTopic(id)} AND type = 'BidPlaced' AND bids.amount IS DISTINCT FROM (data->'bid'->>'amount')::bigint`)
  return rows.map(({ id: bid, stored, announced }) => ({
    about,
    what: `bid ${bid}`,
    stored,
    recomputed: announced,
  }))
}

/** Price, leader and maximum match a replay of the valid offers in their order of acceptance. */
function verifyOffers(about: string, row: Row, offers: readonly Offer[]): readonly Difference[] {
  const standing = offers.filter(({ voidedAt }) => voidedAt === null)
  let replayed = beginning(row.terms)
  let refused = 0
  for (const offer of standing) {
    const after = replayOffer(replayed, offer)
    if (after === undefined) refused += 1
    else replayed = after
  }
  const { currentPrice, leader } = row.standing
  return [
    ...compare(about, 'offers that the rules would refuse', refused, 0),
    ...compare(about, 'price', currentPrice, replayed.standing.currentPrice),
    ...compare(about, 'leader', leader?.id ?? null, replayed.standing.leader?.id ?? null),
    ...compare(about, 'ceiling', row.leading?.maximum ?? null, replayed.leading?.maximum ?? null),
  ]
}

/** After a void, each valid bid is one that the valid offers yield. */
async function verifyYields(
  executor: Executor,
  about: string,
  { id, terms, standing }: Row,
  offers: readonly Offer[],
): Promise<readonly Difference[]> {
  if ((standing.voidedBidCount ?? 0) === 0) return []
  const rows = await executor
    .select()
    .from(bids)
    .where(and(eq(bids.auctionId, id), isNull(bids.voidedAt), ne(bids.kind, 'BUY_NOW')))
    .orderBy(asc(bids.sequence))
  const commands = offers
    .filter(({ voidedAt, bidKind }) => voidedAt === null && bidKind !== 'BUY_NOW')
    .map(({ sequence, bidderId, bidderName, offerKind, offer }) => {
      const bidder = { id: bidderId, name: bidderName }
      return { sequence, bidder, offer: { kind: offerKind, value: offer }, bidId: null, voidedAt: null }
    })
  const { behind } = recompute(beginning(terms), commands, FAR_FUTURE)
  const made = rows.map(({ id: bid, bidderId, bidderName, amount }) => {
    return { id: bid, bidder: { id: bidderId, name: bidderName }, amount }
  })
  return [...behind(made)].flatMap(([{ id: bid }, sequence]) =>
    compare(about, `bid ${bid} follows from the offers`, true, sequence !== undefined),
  )
}

/** Always open and without money: only the offers and their order matter here. */
function beginning(terms: AuctionTerms): AuctionState {
  return {
    terms: { ...terms, softClose: null, funded: false, originalEndsAt: FAR_FUTURE },
    standing: {
      ...{ phase: 'LIVE', currentPrice: null, leader: null, bidCount: 0, bidderCount: 0 },
      ...{ reserveMet: terms.reservePrice === null, endsAt: FAR_FUTURE, extensionCount: 0, winner: null },
    },
    ...{
      leading: null,
      commandCount: 0,
      pausedAt: null,
      pausedByRoom: false,
      pausedMs: 0,
      bidders: new Set(),
    },
  }
}

/** Undefined if the rules would reject it. */
function replayOffer(
  state: AuctionState,
  { bidderId, bidderName, offerKind, offer, bidKind, at }: Offer,
): AuctionState | undefined {
  const decision = decideAuction(
    state,
    bidKind === 'BUY_NOW'
      ? { kind: 'buyNow', price: offer, bidId: asBidId('replayed') }
      : {
          kind: 'placeBid',
          amount: offerKind === 'amount' ? offer : null,
          maximum: offerKind === 'maximum' ? offer : null,
          bidId: asBidId('replayed'),
          answerId: asBidId('replayed'),
        },
    {
      now: at,
      actor: { kind: 'user', person: { id: bidderId, name: bidderName }, roles: new Set() },
      room: openRoom(state.terms),
      wallets: new Map(),
      bidHistory: NO_BID_HISTORY,
    },
  )
  return decision.kind === 'accepted' ? foldAuction(state, decision.events) : undefined
}

function openRoom({ roomId, createdAt }: AuctionTerms): RoomFacts {
  return {
    room: {
      ...{
        id: roomId,
        name: '',
        kind: 'AUCTION',
        visibility: 'PUBLIC',
        phase: 'LIVE',
        owner: null,
        createdAt,
      },
      ...{ phaseSince: null, startsAt: null, endsAt: null, startedAt: null, endedAt: null, memberCount: 0 },
      ...{ ranking: 'STANDARD', disclosure: 'OWN' },
    },
    memberships: new Map(),
  }
}
