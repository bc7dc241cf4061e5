import type { Amount } from '../engine/kernel/amount.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import type { Slice } from '../engine/storage/list-key.ts'
import { auctionReads } from '../features/auctions/batched-reads.ts'
import { asAuctionId, asBidId, auctionIds, bidIds } from '../features/auctions/ids.ts'
import { type AuctionRecord, readAuctions } from '../features/auctions/reads/auctions.ts'
import type { Bidding } from '../features/auctions/reads/biddings.ts'
import { readBid } from '../features/auctions/reads/bids.ts'
import type { AuctionPhase, Bid } from '../features/auctions/rules/auction.ts'
import { auctionTopic } from '../features/auctions/topics.ts'
import { type AuctionView, auctionOfRecord } from '../features/auctions/view.ts'
import { asRoomId } from '../features/rooms/ids.ts'
import type { RoomView } from '../features/rooms/view.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import { type CallContext, type SharedContext, signalIn } from './context.ts'
import type { NodeLoader } from './node.ts'
import { type Connection, connectionOf, defineList, type ForwardArgs, sliceOf } from './paging.ts'
import { readFor } from './read-for.ts'

const AUCTIONS = defineList<AuctionRecord>('auctions', ({ terms }) => ({
  rank: terms.createdAt,
  id: terms.id,
}))

const BIDS = defineList<Bid>('bids', ({ sequence }) => ({ rank: sequence, id: '' }))

export async function auction(
  args: { readonly id: string },
  { services, viewer, signal }: CallContext,
): Promise<AuctionView | null> {
  const query = { auctionId: asAuctionId(args.id), caller: callerOf(viewer) }
  const record = await services.get(auctionReads).auction(query, signal)
  return record === undefined ? null : auctionOfRecord(record)
}

export interface AuctionsArgs extends ForwardArgs {
  readonly phase?: AuctionPhase | null | undefined
  readonly roomId?: string | null | undefined
}

/** Auctions of the rooms that the caller may see, newest first. */
export async function auctions(args: AuctionsArgs, context: CallContext): Promise<Connection<AuctionView>> {
  const slice = sliceOf(AUCTIONS, args)
  const roomId = typeof args.roomId === 'string' ? asRoomId(args.roomId) : null
  const filter = { phase: args.phase, roomId }
  const caller = callerOf(context.viewer)
  const records = await readFor(context, (database) => readAuctions(database, caller, filter, slice))
  return auctionConnection(slice, records)
}

function auctionConnection(slice: Slice, records: readonly AuctionRecord[]): Connection<AuctionView> {
  return connectionOf(AUCTIONS, slice, records, auctionOfRecord)
}

export interface AuctionsOfRoomArgs extends ForwardArgs {
  readonly phase?: AuctionPhase | null | undefined
}

/** Newest first. Access to the room was already checked: it includes access to its auctions. */
export async function auctionsOfRoom(
  { id }: RoomView,
  args: AuctionsOfRoomArgs,
  context: SharedContext,
): Promise<Connection<AuctionView>> {
  const slice = sliceOf(AUCTIONS, args)
  const page = { phase: args.phase ?? null, slice }
  const records = await context.services
    .get(auctionReads)
    .auctionsOfRoom({ id, bound: 0, page }, signalIn(context))
  return auctionConnection(slice, records)
}

/** Newest first, up to the view's cursor. */
export async function bidsOfAuction(
  auction: AuctionView,
  args: ForwardArgs,
  context: SharedContext,
): Promise<Connection<Bid>> {
  const page = sliceOf(BIDS, args)
  const asked = { id: auction.id, bound: await auction.lastBid(), page }
  const bids = await context.services.get(auctionReads).bids(asked, signalIn(context))
  return connectionOf(BIDS, page, bids, (bid) => bid)
}

export async function auctionCursor(auction: AuctionView): Promise<Cursor> {
  return encodeCursor(auctionTopic(auction.id), await auction.position())
}

/** The viewer's own maximum: nobody else's is ever read here. */
export async function maximumOfViewer(
  { id }: AuctionView,
  { services, viewer, signal }: CallContext,
): Promise<Amount | null> {
  if (viewer === null) return null
  return services.get(auctionReads).maximum({ auctionId: id, bidderId: viewer.user.id }, signal)
}

/** The viewer's own position in an auction. */
export interface OwnBidding extends Bidding {
  /** Whether the viewer leads in the auction as shown, consistent with its `leader`. */
  readonly leading: boolean
}

/** Nobody else's is ever read here. */
export async function biddingOfViewer(
  { id, standing }: AuctionView,
  { services, viewer, signal }: CallContext,
): Promise<OwnBidding | null> {
  if (viewer === null) return null
  const bidderId = viewer.user.id
  const bidding = await services.get(auctionReads).bidding({ auctionId: id, bidderId }, signal)
  return bidding === undefined ? null : { ...bidding, leading: standing.leader?.id === bidderId }
}

export const auctionNode: NodeLoader = {
  prefix: auctionIds.prefix,
  typeName: 'Auction',
  load: (id, context) => auction({ id }, context),
}

export const bidNode: NodeLoader = {
  prefix: bidIds.prefix,
  typeName: 'Bid',
  async load(id, context) {
    const caller = callerOf(context.viewer)
    return (await readFor(context, (database) => readBid(database, asBidId(id), caller))) ?? null
  },
}
