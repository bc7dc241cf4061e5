import type { Order } from '../domain/trade/order.ts'
import type { Portfolio, Position } from '../domain/trade/position.ts'
import { asOrderId, asRoomId, type RoomId } from '../kernel/id.ts'
import type { Database } from '../log/database.ts'
import { readOrder, readOrders } from '../log/read/orders.ts'
import { readPortfolios, readPositions } from '../log/read/positions.ts'
import { readTradeScope, type TradeScope } from '../log/read/trade-facts.ts'
import { callerOf } from './caller.ts'
import type { CallContext } from './context.ts'
import { readFor } from './read-for.ts'

interface RoomArgs {
  readonly roomId: string
}

const MOST = 1000

/** By the engine's own number. Null where the room has none of it, or none that is disclosed to the caller. */
export async function order(
  args: RoomArgs & { readonly orderId: string },
  context: CallContext,
): Promise<Order | null> {
  const named = { roomId: asRoomId(args.roomId), id: asOrderId(args.orderId) }
  const caller = callerOf(context.viewer)
  return (await readFor(context, (database) => readOrder(database, named, caller))) ?? null
}

/** What is disclosed to the caller; of a room that they may not see nothing, as of one that is not there. */
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
