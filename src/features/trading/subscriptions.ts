import type { AfterArgs, PlanContext } from '../../engine/hub/plan-context.ts'
import type { HistoryPlan, PlanTerms } from '../../engine/hub/source.ts'
import type { RoomId } from '../rooms/ids.ts'
import { type RoomArgs, roomFor } from '../rooms/subscriptions.ts'
import { beginTrading } from './begin-trading.ts'
import { tradeRooms } from './disclosure.ts'
import { ordersSource } from './orders.source.ts'
import { positionsSource } from './positions.source.ts'
import { ordersTopic, positionsTopic } from './topics.ts'

export async function ordersPlan(args: RoomArgs & AfterArgs, context: PlanContext): Promise<HistoryPlan> {
  const { id, terms } = await tradeRoomFor(context, args)
  const source = context.services.get(ordersSource)
  return { kind: 'history', topic: ordersTopic(id), source, ...terms, after: args.after ?? null }
}

export async function positionsPlan(args: RoomArgs & AfterArgs, context: PlanContext): Promise<HistoryPlan> {
  const { id, terms } = await tradeRoomFor(context, args)
  const source = context.services.get(positionsSource)
  return { kind: 'history', topic: positionsTopic(id), source, ...terms, after: args.after ?? null }
}

/**
 * Everyone who sees the room may subscribe: the sources filter out what is not disclosed to the reader at that
 * moment.
 */
async function tradeRoomFor(
  context: PlanContext,
  args: RoomArgs,
): Promise<{ readonly id: RoomId; readonly terms: PlanTerms }> {
  const room = await roomFor(context, args)
  const { database, get } = context.services
  await Promise.all([beginTrading(database, room.id), get(tradeRooms).read(room.id)])
  return room
}
