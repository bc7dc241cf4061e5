import { badUserInput } from '../engine/hub/client-errors.ts'
import { hasRole } from '../engine/kernel/actor.ts'
import type { Amount } from '../engine/kernel/amount.ts'
import { type Cursor, decodeCursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { BEGINNING } from '../engine/kernel/position.ts'
import { asAuctionId } from '../features/auctions/ids.ts'
import { readAuction } from '../features/auctions/reads/auctions.ts'
import {
  type AuditedEntry,
  type AuditedOffer,
  type AuditedTransfer,
  readAuditedEntries,
  readAuditedOffers,
  readAuditedTransfers,
} from '../features/auctions/reads/audit.ts'
import { auctionTopic } from '../features/auctions/topics.ts'
import { type AuctionView, auctionOfRecord } from '../features/auctions/view.ts'
import type { CallContext, SharedContext } from './context.ts'
import { cursorInvalid, forbidden } from './errors.ts'
import { readFor } from './read-for.ts'
import { actorIn } from './signed-in.ts'

export type { AuditedOffer, AuditedTransfer }

export interface AuctionAudit {
  readonly auction: AuctionView
  readonly reservePrice: Amount | null
}

export interface AuditEntry extends AuditedEntry {
  readonly cursor: Cursor
  readonly transfers: readonly AuditedTransfer[]
}

const DEFAULT_SIZE = 100
const MAX_SIZE = 1_000

/** For administrators. Null if the auction does not exist. */
export async function auctionAudit(
  args: { readonly auctionId: string },
  context: CallContext,
): Promise<AuctionAudit | null> {
  const actor = actorIn(context)
  if (!hasRole(actor, 'ADMIN')) throw forbidden('Only administrators can audit auctions.')
  const record = await readFor(context, (database) =>
    readAuction(database, asAuctionId(args.auctionId), actor),
  )
  if (record === undefined) return null
  return { auction: auctionOfRecord(record), reservePrice: record.terms.reservePrice }
}

/** Throws CURSOR_INVALID unless `after` belongs to this auction. */
export async function auditEntries(
  { auction }: AuctionAudit,
  args: { readonly first?: number | null | undefined; readonly after?: string | null | undefined },
  context: SharedContext,
): Promise<readonly AuditEntry[]> {
  const topic = auctionTopic(auction.id)
  const after = args.after ? decodeCursor(topic, args.after) : { offset: BEGINNING }
  if (after === undefined) throw cursorInvalid()
  const { epoch } = await auction.position()
  const size = sizeOf(args.first)
  const { entries, transfers } = await readFor(context, async (database) => {
    const entries = await readAuditedEntries(database, auction.id, after.offset, size)
    const offsets = entries.map(({ offset }) => offset)
    return { entries, transfers: await readAuditedTransfers(database, auction.id, offsets) }
  })
  const byOffset = Map.groupBy(transfers, ({ offset }) => offset)
  return entries.map((entry) => ({
    ...entry,
    cursor: encodeCursor(topic, { epoch, offset: entry.offset }),
    transfers: byOffset.get(entry.offset) ?? [],
  }))
}

export async function auditOffers(
  { auction }: AuctionAudit,
  args: { readonly first?: number | null | undefined; readonly afterSequence?: number | null | undefined },
  context: SharedContext,
): Promise<readonly AuditedOffer[]> {
  const size = sizeOf(args.first)
  return readFor(context, (database) =>
    readAuditedOffers(database, auction.id, args.afterSequence ?? 0, size),
  )
}

function sizeOf(first: number | null | undefined): number {
  const size = first ?? DEFAULT_SIZE
  if (size >= 1 && size <= MAX_SIZE) return size
  throw badUserInput(`first must be between 1 and ${MAX_SIZE}.`)
}
