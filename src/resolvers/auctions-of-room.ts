import { SYSTEM } from '../engine/kernel/actor.ts'
import type { UserId } from '../engine/kernel/id.ts'
import { auctionFamily } from '../features/auctions/family.ts'
import { newBidId } from '../features/auctions/ids.ts'
import { readDueAuctionsIn } from '../features/auctions/reads/auctions.ts'
import { readAuctionsWithBidsOf } from '../features/auctions/reads/bids.ts'
import type { RoomId } from '../features/rooms/ids.ts'
import type { CallContext } from './context.ts'
import type { Services } from './services.ts'
import { actorIn } from './signed-in.ts'

const REMOVED = 'The bidder was removed from the room.'
/** Commands of different auctions run concurrently; this limit leaves connections for others. */
const AT_ONCE = 8

/**
 * Voids all bids and maximums of `userId` in the room's open auctions, in the name of the caller. An auction that ended
 * meanwhile keeps its result.
 */
export async function voidBidsOf(
  context: CallContext,
  roomId: RoomId,
  userId: UserId,
  reason: string | null,
): Promise<void> {
  const { database, dispatch } = context.services
  const actor = actorIn(context)
  const auctionIds = await readAuctionsWithBidsOf(database, roomId, userId)
  await forEach(auctionIds, (auctionId) =>
    dispatch(auctionFamily, auctionId, actor, {
      ...{ kind: 'voidBidder', bidderId: userId, reason: reason ?? REMOVED },
      answerId: newBidId(),
    }),
  )
}

/**
 * Applies the room's phase to its auctions: each opens, pauses, resumes or ends. The scheduler would do the same a
 * moment later; doing it here lets the caller read their own writes. A retry completes an interrupted call.
 */
export async function followPhase({ database, dispatch }: Services, roomId: RoomId): Promise<void> {
  const due = await readDueAuctionsIn(database, roomId)
  await forEach(due, (id) => dispatch(auctionFamily, id, SYSTEM, { kind: 'applyDue' }))
}

/** Processes all `items`, even if some fail; then throws the first error. */
async function forEach<Item>(
  items: readonly Item[],
  handle: (item: Item) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = []
  const left = items.values()
  const work = async (): Promise<void> => {
    for (const item of left) await handle(item).catch((error: unknown) => failures.push(error))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (failures.length > 0) throw failures[0]
}
