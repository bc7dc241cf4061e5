import type { Order } from '../domain/trade/order.ts'
import type { Portfolio, Position } from '../domain/trade/position.ts'
import { asRoomId, type RoomId } from '../kernel/id.ts'
import { readOrders } from '../log/read/orders.ts'
import { readPortfolios, readPositions } from '../log/read/positions.ts'
import { readTradeScope, type TradeScope } from '../log/read/trade-facts.ts'
import { callerOf } from './caller.ts'
import type { CallContext } from './context.ts'
import type { Services } from './services.ts'

interface RoomArgs {
  readonly roomId: string
}

const MOST = 1000

/** What is disclosed to the caller; of a room that they may not see nothing, as of one that is not there. */
export async function orders(args: RoomArgs, context: CallContext): Promise<readonly Order[]> {
  const { database, roomId, scope } = await disclosedIn(args, context)
  return readOrders(database, roomId, scope, MOST)
}

export async function positions(args: RoomArgs, context: CallContext): Promise<readonly Position[]> {
  const { database, roomId, scope } = await disclosedIn(args, context)
  return readPositions(database, roomId, scope, MOST)
}

export async function portfolios(args: RoomArgs, context: CallContext): Promise<readonly Portfolio[]> {
  const { database, roomId, scope } = await disclosedIn(args, context)
  return readPortfolios(database, roomId, scope, MOST)
}

async function disclosedIn(
  args: RoomArgs,
  { services: { database }, viewer }: CallContext,
): Promise<Pick<Services, 'database'> & { readonly roomId: RoomId; readonly scope: TradeScope }> {
  const roomId = asRoomId(args.roomId)
  return { database, roomId, scope: await readTradeScope(database, roomId, callerOf(viewer)) }
}
