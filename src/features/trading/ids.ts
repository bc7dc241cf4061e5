import type { Brand } from '../../engine/kernel/brand.ts'
import { defineId, randomId } from '../../engine/kernel/id.ts'
import { asRoomId, type RoomId } from '../rooms/ids.ts'

/** The number that the reporting service gave an order; unique within a room. Clients see it as `Order.orderId`. */
export type OrderId = Brand<string, 'OrderId'>

const PREFIX = 'ord_'
export const orderIds = defineId<OrderId>(PREFIX)
export const asOrderId = orderIds.as

export const newExecutionId = (): string => randomId('exe_')

/** The public id of an order, derived from room and number and unique to them. */
export function globalOrderId({ roomId, id }: { readonly roomId: RoomId; readonly id: OrderId }): string {
  return `${PREFIX}${Buffer.from(`${roomId}/${id}`).toString('base64url')}`
}

/** The inverse of `globalOrderId`; undefined for ids it did not produce. Room ids contain no slash. */
export function parseOrderId(
  globalId: string,
): { readonly roomId: RoomId; readonly id: OrderId } | undefined {
  const text = Buffer.from(globalId.slice(PREFIX.length), 'base64url').toString()
  const slash = text.indexOf('/')
  const named = { roomId: asRoomId(text.slice(0, slash)), id: asOrderId(text.slice(slash + 1)) }
  return slash > 0 && globalOrderId(named) === globalId ? named : undefined
}
