import { asc, eq, sql } from 'drizzle-orm'
import type { AggregateChange, RecordedEvent } from '../../engine/commands/aggregate.ts'
import type { Command } from '../../engine/commands/command.ts'
import { asUserId, type UserId } from '../../engine/kernel/id.ts'
import { formatInstant } from '../../engine/kernel/instant.ts'
import { asOffset, type Offset } from '../../engine/kernel/position.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { actorsOf } from '../rooms/facts.ts'
import { ensureWallet, type LedgerLine, lockWallets, saveTransfers } from '../wallets/ledger.ts'
import type { Wallets } from '../wallets/rules/transfer.ts'
import { type AuctionId, asAuctionId } from './ids.ts'
import type { AuctionState } from './rules/auction.ts'
import type { BidHistory } from './rules/bid-history.ts'
import type { AuctionCommand } from './rules/command.ts'
import type { AuctionEvent } from './rules/event.ts'
import { holdOf } from './rules/money.ts'
import { bids, ceilings } from './tables.ts'
import { auctionTopic } from './topics.ts'

type Commands = readonly Command<AuctionCommand>[]

/** All bids and bidding commands of the auction, including voided ones. */
export async function loadBidHistory(tx: Transaction, id: AuctionId): Promise<BidHistory> {
  const commands = await tx
    .select()
    .from(ceilings)
    .where(eq(ceilings.auctionId, id))
    .orderBy(asc(ceilings.sequence))
  const placed = await tx.select().from(bids).where(eq(bids.auctionId, id)).orderBy(asc(bids.sequence))
  return {
    commands: commands.map(({ sequence, bidderId, bidderName, offerKind, offer, bidId, voidedAt }) => {
      const bidder = { id: bidderId, name: bidderName }
      return { sequence, bidder, offer: { kind: offerKind, value: offer }, bidId, voidedAt }
    }),
    bids: placed.map(({ bidderId, bidderName, ...bid }) => {
      return { ...bid, bidder: { id: bidderId, name: bidderName } }
    }),
  }
}

/**
 * The wallets that `commands` can change: those of the bidders, of the leader and, if the command may end the
 * auction, of the seller.
 */
export async function loadWallets(
  tx: Transaction,
  { terms, leading }: AuctionState,
  bidHistory: BidHistory,
  commands: Commands,
): Promise<Wallets> {
  const bidding = commands.filter(({ body }) => body.kind === 'placeBid' || body.kind === 'buyNow')
  const counting = bidHistory.commands.filter(({ voidedAt }) => voidedAt === null)
  const userIds = [...actorsOf(bidding).map(asUserId), ...counting.map(({ bidder }) => bidder.id)]
  if (leading !== null) userIds.push(leading.bidder.id)
  if (commands.some(({ body }) => maySell(body))) {
    await ensureWallet(tx, terms.seller.id, terms.currency)
    userIds.push(terms.seller.id)
  }
  return lockWallets(tx, userIds, terms.currency)
}

function maySell({ kind }: AuctionCommand): boolean {
  return kind === 'buyNow' || kind === 'hammer' || kind === 'applyDue'
}

/** Marks bids and commands as voided; deletes nothing. */
export async function saveVoided(
  tx: Transaction,
  { topic, steps }: AggregateChange<unknown, AuctionEvent>,
): Promise<void> {
  const id = asAuctionId(idOf(topic))
  for (const { event, actor } of steps) {
    if (event.type !== 'CommandsVoided') continue
    const at = formatInstant(event.voidedAt)
    const by = actorIdOf(actor)
    await tx.execute(sql`
      UPDATE ceilings SET voided_at = ${at}::timestamptz, void_reason = ${event.reason}, voided_by = ${by}
      WHERE auction_id = ${id} AND sequence IN (SELECT value::int FROM json_array_elements_text(${JSON.stringify(event.sequences)}::json))`)
    const voided = event.bids.map(({ id: bid, voidReason }) => ({ id: bid, reason: voidReason }))
    await tx.execute(sql`
      UPDATE bids SET voided_at = ${at}::timestamptz, void_reason = voided.reason
      FROM json_to_recordset(${JSON.stringify(voided)}::json) AS voided(id text, reason text)
      WHERE bids.id = voided.id`)
  }
}

/** Writes the transfers and the one remaining hold. Runs no statement if no money moved. */
export async function saveFunds(
  tx: Transaction,
  { topic, now, steps }: AggregateChange<unknown, AuctionEvent>,
  after: AuctionState,
): Promise<void> {
  const lines = linesOf(steps)
  if (lines.length === 0) return
  const id = asAuctionId(idOf(topic))
  await saveTransfers(tx, lines, { id, topic: auctionTopic(id) }, now)
  await tx.execute(sql`DELETE FROM holds WHERE auction_id = ${id}`)
  const hold = holdOf(after)
  if (hold === null) return
  await tx.execute(sql`
    INSERT INTO holds (auction_id, user_id, currency, amount)
    VALUES (${id}, ${hold.userId}, ${after.terms.currency}, ${hold.amount})`)
}

function linesOf(steps: readonly RecordedEvent<AuctionEvent>[]): readonly LedgerLine[] {
  const first = steps.find(({ offset }) => offset !== null)?.offset ?? null
  // Before the batch's first entry the history was one shorter.
  let reached: Offset | null = first === null ? null : asOffset(first - 1)
  return steps.flatMap(({ event, offset, actor }) => {
    reached = offset ?? reached
    if (event.type !== 'FundsMoved') return []
    return [{ transfer: event.transfer, actorId: actorIdOf(actor), offset: reached }]
  })
}

function actorIdOf(actor: RecordedEvent<AuctionEvent>['actor']): UserId | null {
  return actor.kind === 'user' ? actor.person.id : null
}
