import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { clock } from '../../../engine/history/columns.ts'
import type { Entry } from '../../../engine/history/entry.ts'
import { entries as entriesTable } from '../../../engine/history/tables.ts'
import { asUserId, type UserId } from '../../../engine/kernel/id.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import { idOf, type Topic } from '../../../engine/kernel/topic.ts'
import type { Database, Transaction } from '../../../engine/storage/database.ts'
import { type AuctionId, asAuctionId } from '../../auctions/ids.ts'
import { auctions } from '../../auctions/tables.ts'
import type { NotificationHook } from '../hooks.ts'
import { type AuctionEntry, consequencesOf, type NotificationRequest } from '../rules/consequences.ts'
import { announceEnding, type Broadcast, type Following } from '../rules/following.ts'
import { followers } from '../tables.ts'
import { sendNotifications } from './auction-notifications.ts'

/**
 * `more`: continue at once. `busy`: another node is working on it. `done`: nothing is left, or the topic is no longer
 * followed.
 */
export interface Round {
  readonly left: 'more' | 'busy' | 'done'
  readonly appended: readonly Entry[]
}

const PAGE = 500
/** Their topics stay locked until the round is over. */
const BIDDERS_A_ROUND = 200

/**
 * Derives the next notifications from one auction's history. Notifications and progress are written in one
 * transaction, so each is derived exactly once, even if a node dies. Locks the follower's row, never the auction's
 * own topic.
 */
export function drawConsequences(
  database: Database,
  topic: Topic,
  hooks: readonly NotificationHook[],
): Promise<Round> {
  return database.transaction(async (tx) => {
    const [row] = await tx
      .select({ position: followers.position, state: followers.state, now: clock })
      .from(followers)
      .where(eq(followers.topic, topic))
      .for('update', { skipLocked: true })
    if (row === undefined) return { left: (await isFollowed(tx, topic)) ? 'busy' : 'done', appended: [] }
    const { position, state, now } = row
    const auctionId = asAuctionId(idOf(topic))
    const [auction] = await tx
      .select({ terms: auctions.terms, commands: auctions.commandCount })
      .from(auctions)
      .where(eq(auctions.id, auctionId))
    if (auction === undefined) throw new Error(`${topic} has no auction`)
    const step =
      state.broadcast === null
        ? await readOn(tx, topic, position, state)
        : await continueBroadcast(tx, auctionId, position, state, state.broadcast)
    const appended = await sendNotifications(tx, step.requests, auction.terms, now, hooks)
    const after = announceEnding(step.state, now, auction.commands)
    await save(tx, topic, step.position, after)
    const left = after.broadcast !== null || step.hasMore ? 'more' : 'done'
    return { left, appended }
  })
}

interface Step {
  readonly requests: readonly NotificationRequest[]
  readonly state: Following
  readonly position: Offset
  readonly hasMore: boolean
}

async function readOn(tx: Transaction, topic: Topic, position: Offset, state: Following): Promise<Step> {
  const rows = await tx
    .select({
      offset: entriesTable.offset,
      at: entriesTable.at,
      type: entriesTable.type,
      actorId: entriesTable.actorId,
      data: entriesTable.data,
    })
    .from(entriesTable)
    .where(and(eq(entriesTable.topic, topic), gt(entriesTable.offset, position)))
    .orderBy(asc(entriesTable.offset))
    .limit(PAGE)
  const hasMore = rows.length === PAGE
  const { requests, after, through } = consequencesOf(state, rows.map(auctionEntry), hasMore)
  return { requests, state: after, position: through ?? position, hasMore }
}

async function continueBroadcast(
  tx: Transaction,
  auctionId: AuctionId,
  position: Offset,
  state: Following,
  broadcast: Broadcast,
): Promise<Step> {
  const { kind, except, beyond, through, after } = broadcast
  const { rows } = await tx.execute<{ id: string }>(sql`
    SELECT DISTINCT bidder_id AS id FROM ceilings AS own
    WHERE auction_id = ${auctionId} AND bidder_id > ${after ?? ''}
      AND (voided_at IS NULL OR ${kind !== 'AUCTION_ENDING'}::boolean)
      AND sequence <= coalesce(${through}::int, sequence)
      AND NOT EXISTS (
        SELECT FROM ceilings AS earlier WHERE earlier.auction_id = own.auction_id
          AND earlier.bidder_id = own.bidder_id AND earlier.sequence <= ${beyond}::int)
    ORDER BY bidder_id LIMIT ${BIDDERS_A_ROUND}`)
  const ids = rows.map(({ id }) => asUserId(id))
  const last = ids.length === BIDDERS_A_ROUND ? ids.at(-1) : undefined
  const rest = last === undefined ? null : { ...broadcast, after: last }
  const requests = ids.filter((id) => id !== except).map((userId) => requestOf(broadcast, userId))
  // Entries may be waiting for the broadcast to finish.
  return { requests, state: { ...state, broadcast: rest }, position, hasMore: !state.isOver }
}

function requestOf({ kind, price, reason = '' }: Broadcast, userId: UserId): NotificationRequest {
  return kind === 'AUCTION_CANCELLED' ? { kind, userId, price, reason } : { kind, userId, price }
}

/** Stops following an auction that is over and fully announced. */
async function save(tx: Transaction, topic: Topic, position: Offset, state: Following): Promise<void> {
  if (state.isOver && state.broadcast === null) await tx.delete(followers).where(eq(followers.topic, topic))
  else await tx.update(followers).set({ position, state }).where(eq(followers.topic, topic))
}

async function isFollowed(tx: Transaction, topic: Topic): Promise<boolean> {
  const rows = await tx.select({ topic: followers.topic }).from(followers).where(eq(followers.topic, topic))
  return rows.length > 0
}

type Row = Omit<AuctionEntry, 'data'> & { readonly data: object }

function auctionEntry({ data, ...row }: Row): AuctionEntry {
  if (!isAuctionData(data)) throw new Error(`entry ${row.offset} is no ${row.type} of an auction`)
  return { ...row, data }
}

function isAuctionData(data: object): data is AuctionEntry['data'] {
  return 'standing' in data
}
