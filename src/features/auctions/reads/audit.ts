import { and, asc, eq, gt, inArray } from 'drizzle-orm'
import { entries } from '../../../engine/history/tables.ts'
import type { Amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import { users } from '../../users/tables.ts'
import type { TransferKind } from '../../wallets/rules/wallet.ts'
import { transfers } from '../../wallets/tables.ts'
import type { AuctionId, BidId } from '../ids.ts'
import { ceilings } from '../tables.ts'
import { auctionTopic } from '../topics.ts'

/** One entry of an auction's history as stored, with the user who sent the command. */
export interface AuditedEntry {
  readonly offset: Offset
  readonly at: Instant
  readonly type: string
  readonly data: object
  /** Null: the server itself. */
  readonly actor: Person | null
}

/** One accepted bidding command, even if it made no visible bid. */
export interface AuditedOffer {
  readonly sequence: number
  readonly bidder: Person
  readonly kind: 'amount' | 'maximum'
  readonly offer: Amount
  /** The bidder's maximum from then on. */
  readonly ceiling: Amount
  readonly bidId: BidId | null
  readonly at: Instant
  readonly voidedAt: Instant | null
  readonly voidReason: string | null
  readonly voidedBy: UserId | null
}

export interface AuditedTransfer {
  readonly sequence: number
  readonly kind: TransferKind
  readonly currency: string
  readonly amount: Amount
  readonly debit: string
  readonly credit: string
  readonly offset: Offset | null
  readonly at: Instant
}

/** In order, after `after`. */
export async function readAuditedEntries(
  executor: Executor,
  id: AuctionId,
  after: Offset,
  limit: number,
): Promise<readonly AuditedEntry[]> {
  const rows = await executor
    .select({
      ...{ offset: entries.offset, at: entries.at, type: entries.type, data: entries.data },
      ...{ actorId: entries.actorId, actorName: users.name },
    })
    .from(entries)
    .leftJoin(users, eq(users.id, entries.actorId))
    .where(and(eq(entries.topic, auctionTopic(id)), gt(entries.offset, after)))
    .orderBy(asc(entries.offset))
    .limit(limit)
  return rows.map(({ actorId, actorName, ...row }) => {
    return { ...row, actor: actorId === null ? null : { id: actorId, name: actorName ?? actorId } }
  })
}

/** In order of acceptance, after the one of sequence `after`. */
export async function readAuditedOffers(
  executor: Executor,
  id: AuctionId,
  after: number,
  limit: number,
): Promise<readonly AuditedOffer[]> {
  const rows = await executor
    .select()
    .from(ceilings)
    .where(and(eq(ceilings.auctionId, id), gt(ceilings.sequence, after)))
    .orderBy(asc(ceilings.sequence))
    .limit(limit)
  return rows.map(({ bidderId, bidderName, maximum, offerKind, ...row }) => {
    return { ...row, bidder: { id: bidderId, name: bidderName }, kind: offerKind, ceiling: maximum }
  })
}

/** The transfers of the commands that ended at these offsets, in order. */
export async function readAuditedTransfers(
  executor: Executor,
  id: AuctionId,
  offsets: readonly Offset[],
): Promise<readonly AuditedTransfer[]> {
  if (offsets.length === 0) return []
  return executor
    .select()
    .from(transfers)
    .where(and(eq(transfers.auctionId, id), inArray(transfers.offset, [...offsets])))
    .orderBy(asc(transfers.sequence))
}
