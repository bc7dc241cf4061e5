import { eq } from 'drizzle-orm'
import {
  type Aggregate,
  type AggregateChange,
  type RecordedEvent,
  SAVED,
} from '../../engine/commands/aggregate.ts'
import type { Command } from '../../engine/commands/command.ts'
import { moveDeadline } from '../../engine/commands/deadline.ts'
import { exponentIn, isCurrency } from '../../engine/kernel/currency.ts'
import { accept } from '../../engine/kernel/decision.ts'
import { asUserId, type UserId } from '../../engine/kernel/id.ts'
import { formatInstant } from '../../engine/kernel/instant.ts'
import { idOf, type Topic } from '../../engine/kernel/topic.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { statement } from '../../engine/storage/statement.ts'
import { actorsOf, loadRoomFacts } from '../rooms/facts.ts'
import { countOpenAuctions } from '../rooms/quotas.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { fixExponent, lockExponent } from '../wallets/exponents.ts'
import { evolveWallets, type Wallets } from '../wallets/rules/transfer.ts'
import type { AuctionHook, AuctionProjection } from './hooks.ts'
import { type AuctionId, asAuctionId, type BidId } from './ids.ts'
import { loadBidHistory, loadWallets, saveFunds, saveVoided } from './money.ts'
import type { AuctionState } from './rules/auction.ts'
import { type BidHistory, evolveBidHistory, NO_BID_HISTORY } from './rules/bid-history.ts'
import type { AuctionCommand, AuctionReply, CreateAuction } from './rules/command.ts'
import { decideAuction } from './rules/decide.ts'
import { type AuctionEvent, isPublicEvent } from './rules/event.ts'
import { evolveAuction } from './rules/evolve.ts'
import { dueAt } from './rules/phase.ts'
import { auctions } from './tables.ts'
import { auctionTopic } from './topics.ts'

interface State {
  readonly auction: AuctionState | null
  readonly room: RoomFacts | undefined
  /** Funded auctions only: the wallets of users whom the loaded commands can affect. */
  readonly wallets: Wallets
  /** Loaded only if a bid is to be voided; otherwise unused. */
  readonly bidHistory: BidHistory
  /** For a creation with a quota: the number of open auctions in all rooms of the room's owner. */
  readonly openAuctions: number | undefined
  /** For a creation: the exponent that the first use of its currency fixed. */
  readonly fixedExponent: number | undefined
  /** What other features derive from the bids; null if no loaded command can change it. */
  readonly projections: readonly AuctionProjection[] | null
}

const UNKNOWN: State = {
  ...{ auction: null, room: undefined, wallets: new Map(), bidHistory: NO_BID_HISTORY, projections: null },
  ...{ openAuctions: undefined, fixedExponent: undefined },
}

type Reply = AuctionReply & { readonly auctionId: AuctionId }

export const createAuctionAggregate = (
  hooks: readonly AuctionHook[],
): Aggregate<AuctionCommand, Reply, State, AuctionEvent, AuctionState> => ({
  topicsBegunBy({ body }) {
    if (body.kind !== 'create') return []
    return [auctionTopic(body.id), ...hooks.flatMap((hook) => hook.topicsOf?.(body.id) ?? [])]
  },

  async load(tx, { topic, commands, cached }) {
    const id = auctionOf(topic)
    const known = cached ?? (await loadUncached(tx, id))
    const creation = commands.map(({ body }) => body).find((body) => body.kind === 'create')
    const roomId = known.auction?.terms.roomId ?? creation?.roomId
    const facts = roomId === undefined ? undefined : loadRoomFacts(tx, roomId, actorsOf(commands), 'share')
    const { auction, projections } = known
    if (auction === null) {
      const room = await facts
      const isCounted = room !== undefined && creation?.maxOpen !== undefined
      return {
        ...known,
        room,
        openAuctions: isCounted ? await countOpenAuctions(tx, room.room.id) : undefined,
        fixedExponent: await fixedExponentOf(tx, creation),
      }
    }
    const leader = auction.standing.leader?.id ?? null
    const [room, projected, bidders] = await allSettled([
      facts,
      projections ?? (commands.some(mayChangeBids) ? loadProjections(tx, hooks, id, leader) : null),
      loadBidders(tx, auction, commands),
    ])
    // Every transaction locks wallets after the room, which rules out deadlocks.
    const money = await loadMoney(tx, auction, commands)
    return {
      ...money,
      room,
      auction: { ...auction, bidders },
      projections: projected,
      ...{ openAuctions: undefined, fixedExponent: undefined },
    }
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
    bidHistory:
      state.bidHistory === NO_BID_HISTORY ? NO_BID_HISTORY : evolveBidHistory(state.bidHistory, event),
  }),

  entryOf(event, { auction }) {
    if (!isPublicEvent(event) || auction === null) return undefined
    const { type, ...details } = event
    return { type, data: { ...details, standing: auction.standing } }
  },

  async save(tx, change) {
    const { auction, projections } = change.after
    if (auction === null) return SAVED
    const before = change.before.auction
    const room = change.after.room?.room
    const [saved] = await allSettled([
      projections === null ? null : allSettled(projections.map((each) => each.save(tx, change))),
      saveAuction(tx, change, auction, hooks),
      saveMaximums(tx, change),
      saveBids(tx, change).then(() => saveVoided(tx, change)),
      saveFunds(tx, change, auction),
      moveDeadline(tx, change.topic, before === null ? null : dueAt(before, room), dueAt(auction, room)),
    ])
    const next = { auction, projections: saved?.map(({ projection }) => projection) ?? null }
    return { elsewhere: saved?.flatMap(({ entries }) => entries) ?? [], cached: { ...UNKNOWN, ...next } }
  },

  /** The wallet of the leader. */
  locksByCached: ({ auction }) => auction?.terms.funded === true,

  viewOf({ auction }) {
    if (auction === null) throw new RangeError('an accepted command leaves an auction')
    return auction
  },
})

function auctionOf(topic: Topic): AuctionId {
  return asAuctionId(idOf(topic))
}

/** Locks a currency outside ISO 4217 that nobody has used yet. Texts that are no currency are the decider's to refuse. */
async function fixedExponentOf(
  tx: Transaction,
  creation: CreateAuction | undefined,
): Promise<number | undefined> {
  const isUsed = creation !== undefined && isCurrency(creation.currency)
  return isUsed ? lockExponent(tx, creation.currency) : undefined
}

/** The auction as stored. None of its bidders is known yet. */
async function loadUncached(tx: Transaction, id: AuctionId): Promise<State> {
  const [row] = await tx.select().from(auctions).where(eq(auctions.id, id))
  if (row === undefined) return UNKNOWN
  const { terms, standing, leading, commandCount, pausedAt, pausedByRoom, pausedMs } = row
  const paused = { pausedAt, pausedByRoom, pausedMs }
  const auction = { terms, standing, leading, commandCount, ...paused, bidders: new Set<UserId>() }
  return { ...UNKNOWN, auction }
}

async function loadMoney(
  tx: Transaction,
  auction: AuctionState,
  commands: readonly Command<AuctionCommand>[],
): Promise<Pick<State, 'bidHistory' | 'wallets'>> {
  const isVoiding = commands.some(({ body }) => body.kind === 'voidBid' || body.kind === 'voidBidder')
  const bidHistory = isVoiding ? await loadBidHistory(tx, auction.terms.id) : NO_BID_HISTORY
  const wallets = auction.terms.funded ? await loadWallets(tx, auction, bidHistory, commands) : new Map()
  return { bidHistory, wallets }
}

function mayChangeBids({ body: { kind } }: Command<AuctionCommand>): boolean {
  return kind === 'placeBid' || kind === 'buyNow' || kind === 'voidBid' || kind === 'voidBidder'
}

function loadProjections(
  tx: Transaction,
  hooks: readonly AuctionHook[],
  id: AuctionId,
  leader: UserId | null,
): Promise<readonly AuctionProjection[]> {
  return allSettled(hooks.flatMap((hook) => hook.loadProjection?.(tx, id, leader) ?? []))
}

const FIND_BIDDERS = statement<{ id: UserId }>(
  'find_bidders',
  `SELECT DISTINCT bidder_id AS id FROM bids
  WHERE auction_id = $1 AND bidder_id = ANY($2::text[]) AND voided_at IS NULL`,
)

/** Bidders known to have a valid bid: the cached ones and, of those bidding now, everyone who has one. */
async function loadBidders(
  tx: Transaction,
  { bidders, terms }: AuctionState,
  commands: readonly Command<AuctionCommand>[],
): Promise<ReadonlySet<UserId>> {
  const bidding = commands.filter(({ body }) => body.kind === 'placeBid' || body.kind === 'buyNow')
  const unknown = actorsOf(bidding)
    .map(asUserId)
    .filter((id) => !bidders.has(id))
  if (unknown.length === 0) return bidders
  const found = await FIND_BIDDERS(tx, terms.id, [...new Set(unknown)])
  return new Set([...bidders, ...found.map(({ id }) => id)])
}

const CHANGE_AUCTION = statement(
  'change_auction',
  `UPDATE auctions SET phase = $2, standing = $3::json, "leading" = $4::json, command_count = $5,
    paused_at = $6::timestamptz, paused_ms = $7, paused_by_room = $8 WHERE id = $1`,
)

async function saveAuction(
  tx: Transaction,
  { before }: AggregateChange<State, AuctionEvent>,
  auction: AuctionState,
  hooks: readonly AuctionHook[],
): Promise<void> {
  const { terms, standing, leading, commandCount, pausedAt, pausedByRoom, pausedMs } = auction
  const { phase } = standing
  if (before.auction === null) {
    const { id, roomId, createdAt } = terms
    const paused = { pausedAt, pausedByRoom, pausedMs }
    const row = { id, roomId, createdAt, terms, phase, standing, leading, commandCount, ...paused }
    await tx.insert(auctions).values(row)
    await fixExponent(tx, terms.currency, exponentIn(terms))
    await allSettled(hooks.map((hook) => hook.onCreate?.(tx, auction)))
  } else {
    const lead = leading === null ? null : JSON.stringify(leading)
    const paused = pausedAt === null ? null : formatInstant(pausedAt)
    const shown = JSON.stringify(standing)
    await CHANGE_AUCTION(tx, terms.id, phase, shown, lead, commandCount, paused, pausedMs, pausedByRoom)
  }
}

const SAVE_MAXIMUMS = statement(
  'save_maximums',
  `INSERT INTO ceilings (auction_id, sequence, bidder_id, bidder_name, maximum, offer_kind, offer, bid_id, at)
  SELECT $1, s, b, n, m, k, o, v, $2::timestamptz
  FROM json_to_recordset($3::json) AS row(s int, b text, n text, m bigint, k text, o bigint, v text)`,
)

async function saveMaximums(
  tx: Transaction,
  { topic, now, steps }: AggregateChange<State, AuctionEvent>,
): Promise<void> {
  const rows = steps.flatMap(({ event }, index) => {
    if (event.type !== 'MaximumSet') return []
    const { maximum: set, offer } = event
    const { bidder, sequence, maximum } = set
    return [
      {
        ...{ s: sequence, b: bidder.id, n: bidder.name, m: maximum, k: offer.kind, o: offer.value },
        v: ownBidAfter(steps, index, bidder.id),
      },
    ]
  })
  if (rows.length === 0) return
  await SAVE_MAXIMUMS(tx, auctionOf(topic), formatInstant(now), JSON.stringify(rows))
}

/** The visible bid that the command at `index` made for its own bidder: the first one before the next command's. */
function ownBidAfter(
  steps: readonly RecordedEvent<AuctionEvent>[],
  index: number,
  bidder: UserId,
): BidId | null {
  for (const { event } of steps.slice(index + 1)) {
    if (event.type === 'MaximumSet' || event.type === 'CommandsVoided') return null
    if (event.type === 'BidPlaced' && event.bid.bidder.id === bidder) return event.bid.id
  }
  return null
}

const SAVE_BIDS = statement(
  'save_bids',
  `INSERT INTO bids (id, auction_id, sequence, bidder_id, bidder_name, amount, kind, placed_at)
  SELECT id, a, s, b, n, m, k, $1::timestamptz
  FROM json_to_recordset($2::json) AS row(id text, a text, s int, b text, n text, m bigint, k text)`,
)

async function saveBids(
  tx: Transaction,
  { now, steps }: AggregateChange<State, AuctionEvent>,
): Promise<void> {
  const placed = steps.flatMap(({ event }) => (event.type === 'BidPlaced' ? [event.bid] : []))
  if (placed.length === 0) return
  const rows = placed.map(({ bidder, id, auctionId, sequence, amount, kind }) => {
    return { id, a: auctionId, s: sequence, b: bidder.id, n: bidder.name, m: amount, k: kind }
  })
  await SAVE_BIDS(tx, formatInstant(now), JSON.stringify(rows))
}
