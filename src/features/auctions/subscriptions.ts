import { notFound } from '../../engine/hub/client-errors.ts'
import { type AfterArgs, type PeriodArgs, type PlanContext, periodOf } from '../../engine/hub/plan-context.ts'
import type { HistoryPlan, LatestPlan, ListPlan, PlanTerms } from '../../engine/hub/source.ts'
import { SYSTEM } from '../../engine/kernel/actor.ts'
import { callerOf } from '../../platform/auth/viewer.ts'
import { roomFor, termsOfRoom } from '../rooms/subscriptions.ts'
import { auctionReads } from './batched-reads.ts'
import { type AuctionId, asAuctionId } from './ids.ts'
import { auctionListSource, isInRoom, seesItem } from './list-source.ts'
import { readAuction } from './reads/auctions.ts'
import { auctionSource } from './source.ts'
import { auctionTopic } from './topics.ts'
import { auctionOfRecord } from './view.ts'

export interface AuctionArgs {
  readonly auctionId: string
}

const AUCTION_STATE_PERIOD_MS = 250
const AUCTION_UPDATES_PERIOD_MS = 1_000

export async function bidsPlan(args: AuctionArgs & AfterArgs, context: PlanContext): Promise<HistoryPlan> {
  const { id, terms } = await auctionFor(context, args)
  const source = context.services.get(auctionSource)
  return { kind: 'history', topic: auctionTopic(id), source, ...terms, after: args.after ?? null }
}

export async function auctionStatePlan(
  args: AuctionArgs & PeriodArgs,
  context: PlanContext,
): Promise<LatestPlan> {
  const everyMs = periodOf(args, AUCTION_STATE_PERIOD_MS)
  const { id, terms } = await auctionFor(context, args)
  const { database, get } = context.services
  const source = get(auctionSource)
  return {
    kind: 'latest',
    topic: auctionTopic(id),
    everyMs,
    ...terms,
    async read() {
      const record = await readAuction(database, id, SYSTEM)
      if (record === undefined) throw new Error(`auction ${id} is gone`)
      return { offset: record.head.position.offset, value: auctionOfRecord(record) }
    },
    fromEntry: (entry) => source.auctionAfter(entry),
  }
}

/** Throws NOT_FOUND for a room that the caller may not see. Without a room, hidden auctions are filtered out. */
export async function auctionUpdatesPlan(
  args: { readonly roomId?: string | null | undefined } & PeriodArgs,
  context: PlanContext,
): Promise<ListPlan> {
  const everyMs = periodOf(args, AUCTION_UPDATES_PERIOD_MS)
  const room = args.roomId ? await roomFor(context, { roomId: args.roomId }) : undefined
  const source = context.services.get(auctionListSource)
  const lists: ListPlan['lists'] = (item) => room === undefined || isInRoom(item, room.id)
  return { kind: 'list', ...room?.terms, everyMs, source, lists, sees: seesItem }
}

/** An auction that the caller sees, guarded by its room. Throws NOT_FOUND otherwise. */
export async function auctionFor(
  context: PlanContext,
  args: AuctionArgs,
): Promise<{ readonly id: AuctionId; readonly terms: PlanTerms }> {
  const id = asAuctionId(args.auctionId)
  const askedAt = performance.now()
  const { roomOfAuction } = context.services.get(auctionReads)
  const roomId = await roomOfAuction({ auctionId: id, caller: callerOf(context.viewer) }, context.signal)
  if (roomId === undefined) throw notFound()
  return { id, terms: termsOfRoom(context, roomId, askedAt) }
}
