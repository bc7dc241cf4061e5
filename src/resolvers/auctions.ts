import type { Amount } from '../engine/kernel/amount.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asAuctionId, asRoomId } from '../engine/kernel/id.ts'
import { auctionTopic } from '../engine/kernel/topic.ts'
import type { Slice } from '../engine/storage/list-key.ts'
import { type AuctionRecord, readAuctions } from '../features/auctions/reads/auctions.ts'
import type { Bidding } from '../features/auctions/reads/biddings.ts'
import type { AuctionPhase, Bid } from '../features/auctions/rules/auction.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import { type CallContext, type SharedContext, signalIn } from './context.ts'
import { type Connection, connectionOf, type ForwardArgs, sliceOf } from './paging.ts'
import { readFor } from './read-for.ts'
import { type AuctionView, auctionOfRecord } from './views.ts'

export async function auction(
  args: { readonly id: string },
  { services, viewer, signal }: CallContext,
): Promise<AuctionView | null> {
  const sight = { auctionId: asAuctionId(args.id), caller: callerOf(viewer) }
  const record = await services.reads.auction(sight, signal)
  return record === undefined ? null : auctionOfRecord(record)
}

export interface AuctionsArgs extends ForwardArgs {
  readonly phase?: AuctionPhase | null | undefined
  readonly roomId?: string | null | undefined
}

/** Newest first, of the rooms that the caller may see. */
export async function auctions(args: AuctionsArgs, context: CallContext): Promise<Connection<AuctionView>> {
  const slice = sliceOf('auctions', args)
  const roomId = typeof args.roomId === 'string' ? asRoomId(args.roomId) : null
  const filter = { phase: args.phase, roomId }
  const caller = callerOf(context.viewer)
  const records = await readFor(context, (database) => readAuctions(database, caller, filter, slice))
  return auctionConnection(slice, records)
}

export function auctionConnection(slice: Slice, records: readonly AuctionRecord[]): Connection<AuctionView> {
  const keyOf = ({ terms }: AuctionRecord) => ({ rank: terms.createdAt, id: terms.id })
  return connectionOf('auctions', slice, records, keyOf, auctionOfRecord)
}

/** Newest first, up to where the view's cursor goes on. */
export async function bidsOfAuction(
  auction: AuctionView,
  args: ForwardArgs,
  context: SharedContext,
): Promise<Connection<Bid>> {
  const page = sliceOf('bids', args)
  const asked = { id: auction.id, bound: await auction.lastBid(), page }
  const bids = await context.services.reads.bids(asked, signalIn(context))
  const keyOf = (bid: Bid) => ({ rank: bid.sequence, id: '' })
  return connectionOf('bids', page, bids, keyOf, (bid) => bid)
}

export async function auctionCursor(auction: AuctionView): Promise<Cursor> {
  return encodeCursor(auctionTopic(auction.id), await auction.position())
}

/** The viewer's own ceiling: nobody else's is ever read here. */
export async function maximumOfViewer(
  { id }: AuctionView,
  { services, viewer, signal }: CallContext,
): Promise<Amount | null> {
  return viewer === null ? null : services.reads.ceiling({ auctionId: id, bidderId: viewer.user.id }, signal)
}

/** The viewer's own position in an auction. */
export interface OwnBidding extends Bidding {
  /** Whether the viewer leads in the auction as shown, so that it agrees with `leader` beside it. */
  readonly leading: boolean
}

/** Nobody else's is ever read here. */
export async function biddingOfViewer(
  { id, standing }: AuctionView,
  { services, viewer, signal }: CallContext,
): Promise<OwnBidding | null> {
  if (viewer === null) return null
  const bidderId = viewer.user.id
  const bidding = await services.reads.bidding({ auctionId: id, bidderId }, signal)
  return bidding === undefined ? null : { ...bidding, leading: standing.leader?.id === bidderId }
}
