import type { Amount } from '../../../engine/kernel/amount.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../../rooms/ids.ts'
import type { OrderId } from '../ids.ts'
import { asAmount, quotient } from './exact.ts'

export const ORDER_SIDES = ['BUY', 'SELL'] as const
export type OrderSide = (typeof ORDER_SIDES)[number]
export const ORDER_TYPES = ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'] as const
export type OrderType = (typeof ORDER_TYPES)[number]
/** Why a report was sent: FIX ExecType (150). */
export const EXECUTION_TYPES = ['NEW', 'TRADE', 'CANCELED', 'REJECTED', 'EXPIRED', 'REPLACED'] as const
export type ExecutionType = (typeof EXECUTION_TYPES)[number]
/** The order's resulting status: FIX OrdStatus (39). */
export const ORDER_STATUSES = [
  'NEW',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELED',
  'REJECTED',
  'EXPIRED',
] as const
export type OrderStatus = (typeof ORDER_STATUSES)[number]

/** The order as entries of a room's orders carry it: right after the entry. */
export interface Order {
  /** The service's own order id: unique within the room only. */
  readonly id: OrderId
  readonly roomId: RoomId
  readonly user: Person
  readonly symbol: string
  readonly side: OrderSide
  readonly type: OrderType
  readonly status: OrderStatus
  readonly quantity: Amount
  readonly filledQuantity: Amount
  /** The remaining quantity: `quantity` minus `filledQuantity` while the order is open, then zero. */
  readonly leavesQuantity: Amount
  readonly limitPrice: Amount | null
  /** Over all fills, rounded half away from zero; null before the first. */
  readonly averagePrice: Amount | null
  readonly rejectionReason: string | null
  readonly updatedAt: Instant
}

/** An order as stored. */
export interface OrderState extends Omit<Order, 'averagePrice'> {
  /** Quantity times price, summed over all fills. */
  readonly filledCost: bigint
}

/** Whether an order of each status can still be filled. */
const IS_OPEN: Readonly<Record<OrderStatus, boolean>> = {
  NEW: true,
  PARTIALLY_FILLED: true,
  FILLED: false,
  CANCELED: false,
  REJECTED: false,
  EXPIRED: false,
}

export const OPEN_STATUSES: readonly OrderStatus[] = ORDER_STATUSES.filter((status) => IS_OPEN[status])

export function isOpen({ status }: Pick<Order, 'status'>): boolean {
  return IS_OPEN[status]
}

/** The order as clients see it. */
export function orderOf({ filledCost, ...order }: OrderState): Order {
  const { filledQuantity } = order
  const averagePrice = filledQuantity === 0 ? null : asAmount(quotient(filledCost, BigInt(filledQuantity)))
  return { ...order, averagePrice }
}
