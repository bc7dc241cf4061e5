import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { AuctionState } from '../../domain/auction/auction.ts'
import type { AuctionCommand, AuctionReply } from '../../domain/auction/command.ts'
import { decideAuction } from '../../domain/auction/decide.ts'
import { type AuctionEvent, isPublicEvent } from '../../domain/auction/event.ts'
import { evolveAuction } from '../../domain/auction/evolve.ts'
import { evolvePast, NOTHING_PAST, type Past } from '../../domain/auction/past.ts'
import { dueAt } from '../../domain/auction/phase.ts'
import { accept } from '../../domain/decision.ts'
import { beginFollowing } from '../../domain/notification/following.ts'
import type { RoomFacts } from '../../domain/room/room.ts'
import { evolveWallets, type Wallets } from '../../domain/wallet/transfer.ts'
import { type AuctionId, asAuctionId, asUserId, type BidId, type UserId } from '../../kernel/id.ts'
import { formatInstant } from '../../kernel/instant.ts'
import { BEGINNING } from '../../kernel/position.ts'
import { auctionLeaderboardTopic, auctionTopic, idOf, type Topic } from '../../kernel/topic.ts'
import type { Transaction } from '../../log/database.ts'
import { auctions, ceilings, followers } from '../../log/schema.ts'
import type { Aggregate, Change, Step } from '../aggregate.ts'
import type { Command } from '../commands.ts'
import { saveLeaderboard } from './auction-leaderboard.ts'
import { loadPast, loadWallets, saveFunds, saveStruck } from './auction-money.ts'
import { moveDeadline } from './deadline.ts'
import { actorsOf, loadRoomFacts } from './room-facts.ts'

interface State {
  readonly auction: AuctionState | null
  readonly room: RoomFacts | undefined
  /** Of a funded auction: of those whom the commands at hand can concern. */
  readonly wallets: Wallets
  /** Known where a bid is to be voided, else never looked at. */
  readonly past: Past
}

type Reply = AuctionReply & { readonly auctionId: AuctionId }

export const auctionAggregate: Aggregate<AuctionCommand, Reply, State, AuctionEvent, AuctionState> = {
  topicsBegunBy: ({ body }) =>
    body.kind === 'create' ? [auctionTopic(body.id), auctionLeaderboardTopic(body.id)] : [],

  async load(tx, topic, commands) {
    const id = auctionOf(topic)
    const [row] = await tx.select().from(auctions).where(eq(auctions.id, id))
    const creation = commands.map(({ body }) => body).find((body) => body.kind === 'create')
    const roomId = row?.roomId ?? creation?.roomId
    const room =
      roomId === undefined ? undefined : await loadRoomFacts(tx, roomId, actorsOf(commands), 'share')
    if (row === undefined) return { auction: null, room, wallets: new Map(), past: NOTHING_PAST }
    const { terms, standing, leading, commandCount, pausedAt, pausedMs } = row
    const bidders = await loadBidders(tx, id, commands)
    const auction = { terms, standing, leading, commandCount, pausedAt, pausedMs, bidders }
    const isVoiding = commands.some(({ body }) => body.kind === 'voidBid')
    const past = isVoiding ? await loadPast(tx, id) : NOTHING_PAST
    const wallets = terms.funded ? await loadWallets(tx, auction, past, commands) : new Map()
    return { auction, room, wallets, past }
  },

  decide({ auction, ...known }, { actor, body, topic }, { now }) {
    const decision = decideAuction(auction, body, { ...known, now, actor })
    if (decision.kind !== 'accepted') return decision
    return accept(decision.events, { ...decision.reply, auctionId: auctionOf(topic) })
  },

  evolve: (state, event) => ({
    ...state,
    auction: evolveAuction(state.auction, event),
    wallets: event.type === 'FundsMoved' ? evolveWallets(state.wallets, event.transfer) : state.wallets,
    past: evolvePast(state.past, event),
  }),

  entryOf(event, { auction }) {
    if (!isPublicEvent(event) || auction === null) return undefined
    const { type, ...details } = event
    return { type, data: { ...details, standing: auction.standing } }
  },

  async save(tx, change) {
    const { auction } = change.after
    if (auction === null) return []
    await saveAuction(tx, change, auction)
    await saveCeilings(tx, change)
    await saveBids(tx, change)
    await saveStruck(tx, change)
    await saveFunds(tx, change, auction)
    const before = change.before.auction
    await moveDeadline(tx, change.topic, before === null ? null : dueAt(before), dueAt(auction))
    return saveLeaderboard(tx, change)
  },

  viewOf({ auction }) {
    if (auction === null) throw new RangeError('an accepted command leaves an auction')
    return auction
  },
}

function auctionOf(topic: Topic): AuctionId {
  return asAuctionId(idOf(topic))
}

/** Which of those who bid now have bid before. */
async function loadBidders(
  tx: Transaction,
  id: AuctionId,
  commands: readonly Command<AuctionCommand>[],
): Promise<ReadonlySet<UserId>> {
  const bidding = commands.filter(({ body }) => body.kind === 'placeBid' || body.kind === 'buyNow')
  const ids = [...new Set(actorsOf(bidding))].map(asUserId)
  if (ids.length === 0) return new Set()
  const rows = await tx
    .selectDistinct({ bidderId: ceilings.bidderId })
    .from(ceilings)
    .where(and(eq(ceilings.auctionId, id), inArray(ceilings.bidderId, ids), isNull(ceilings.voidedAt)))
  return new Set(rows.map(({ bidderId }) => bidderId))
}

async function saveAuction(
  tx: Transaction,
  { before }: Change<State, AuctionEvent>,
  { terms, standing, leading, commandCount, pausedAt, pausedMs }: AuctionState,
): Promise<void> {
  const changing = { phase: standing.phase, standing, leading, commandCount, pausedAt, pausedMs }
  if (before.auction === null) {
    const { id, roomId, createdAt } = terms
    await tx.insert(auctions).values({ id, roomId, createdAt, terms, ...changing })
    const state = beginFollowing(standing, createdAt)
    await tx.insert(followers).values({ topic: auctionTopic(id), position: BEGINNING, state })
  } else await tx.update(auctions).set(changing).where(eq(auctions.id, terms.id))
}

async function saveCeilings(
  tx: Transaction,
  { topic, now, steps }: Change<State, AuctionEvent>,
): Promise<void> {
  const rows = steps.flatMap(({ event }, index) => {
    if (event.type !== 'CeilingSet') return []
    const { ceiling, offer } = event
    const { bidder, sequence, maximum } = ceiling
    return [
      {
        ...{ s: sequence, b: bidder.id, n: bidder.name, m: maximum, k: offer.kind, o: offer.value },
        v: ownBidAfter(steps, index, bidder.id),
      },
    ]
  })
  if (rows.length === 0) return
  await tx.execute(sql`
    INSERT INTO ceilings (auction_id, sequence, bidder_id, bidder_name, maximum, offer_kind, offer, bid_id, at)
    SELECT ${auctionOf(topic)}, s, b, n, m, k, o, v, ${formatInstant(now)}::timestamptz
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS row(s int, b text, n text, m bigint, k text, o bigint, v text)`)
}

/** The visible bid that the command at `index` made for its own bidder: the first before the next command's. */
function ownBidAfter(steps: readonly Step<AuctionEvent>[], index: number, bidder: UserId): BidId | null {
  for (const { event } of steps.slice(index + 1)) {
    if (event.type === 'CeilingSet') return null
    if (event.type === 'BidPlaced' && event.bid.bidder.id === bidder) return event.bid.id
  }
  return null
}

async function saveBids(tx: Transaction, { now, steps }: Change<State, AuctionEvent>): Promise<void> {
  const placed = steps.flatMap(({ event }) => (event.type === 'BidPlaced' ? [event.bid] : []))
  if (placed.length === 0) return
  const rows = placed.map(({ bidder, id, auctionId, sequence, amount, kind }) => {
    return { id, a: auctionId, s: sequence, b: bidder.id, n: bidder.name, m: amount, k: kind }
  })
  await tx.execute(sql`
    INSERT INTO bids (id, auction_id, sequence, bidder_id, bidder_name, amount, kind, placed_at)
    SELECT id, a, s, b, n, m, k, ${formatInstant(now)}::timestamptz
    FROM json_to_recordset(${JSON.stringify(rows)}::json) AS row(id text, a text, s int, b text, n text, m bigint, k text)`)
}
