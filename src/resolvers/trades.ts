import type { Database } from '../engine/storage/database.ts'
import { asRoomId, type RoomId } from '../features/rooms/ids.ts'
import { asOrderId, orderIds, parseOrderId } from '../features/trading/ids.ts'
import { readOrder, readOrders } from '../features/trading/reads/orders.ts'
import { readPortfolios, readPositions } from '../features/trading/reads/positions.ts'
import { readTradeScope, type TradeScope } from '../features/trading/reads/trade-facts.ts'
import type { Order } from '../features/trading/rules/order.ts'
import type { Portfolio, Position } from '../features/trading/rules/position.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'
import type { NodeLoader } from './node.ts'
import { readFor } from './read-for.ts'

interface RoomArgs {
  readonly roomId: string
}

const MOST = 1000

/** By the engine's own number. Null if the order does not exist in the room, or is not disclosed to the caller. */
export async function order(
  args: RoomArgs & { readonly orderId: string },
  context: CallContext,
): Promise<Order | null> {
  const named = { roomId: asRoomId(args.roomId), id: asOrderId(args.orderId) }
  const caller = callerOf(context.viewer)
  return (await readFor(context, (database) => readOrder(database, named, caller))) ?? null
}

/** What is disclosed to the caller. An invisible room gives the same empty result as a missing one. */
export function orders(args: RoomArgs, context: CallContext): Promise<readonly Order[]> {
  return readDisclosed(args, context, readOrders)
}

export function positions(args: RoomArgs, context: CallContext): Promise<readonly Position[]> {
  return readDisclosed(args, context, readPositions)
}

export function portfolios(args: RoomArgs, context: CallContext): Promise<readonly Portfolio[]> {
  return readDisclosed(args, context, readPortfolios)
}

function readDisclosed<Value>(
  args: RoomArgs,
  context: CallContext,
  read: (database: Database, roomId: RoomId, scope: TradeScope, most: number) => Promise<readonly Value[]>,
): Promise<readonly Value[]> {
  const roomId = asRoomId(args.roomId)
  return readFor(context, async (database) => {
    const scope = await readTradeScope(database, roomId, callerOf(context.viewer))
    return read(database, roomId, scope, MOST)
  })
}

export const orderNode: NodeLoader = {
  prefix: orderIds.prefix,
  typeName: 'Order',
  async load(id, context) {
    const named = parseOrderId(id)
    if (named === undefined) return null
    const caller = callerOf(context.viewer)
    return (await readFor(context, (database) => readOrder(database, named, caller))) ?? null
  },
}
