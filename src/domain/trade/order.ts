import type { Amount } from '../../kernel/amount.ts'
import type { OrderId, RoomId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Person } from '../person.ts'
import { asAmount, quotient } from './exact.ts'

export type OrderSide = 'BUY' | 'SELL'
export type OrderType = 'MARKET' | 'LIMIT' | 'STOP' | 'STOP_LIMIT'
/** Why a report was sent: FIX ExecType (150). */
export type ExecutionType = 'NEW' | 'TRADE' | 'CANCELED' | 'REJECTED' | 'EXPIRED' | 'REPLACED'
/** What an order is afterwards: FIX OrdStatus (39). */
export type OrderStatus = 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'REJECTED' | 'EXPIRED'

/** What entries of a room's orders carry: the order right after the entry. */
export interface Order {
  /** As the service names it: unique within the room, and nowhere else. */
  readonly id: OrderId
  readonly roomId: RoomId
  readonly user: Person
  readonly symbol: string
  readonly side: OrderSide
  readonly type: OrderType
  readonly status: OrderStatus
  readonly quantity: Amount
  readonly filledQuantity: Amount
  /** What may still be filled: `quantity` less `filledQuantity` while the order is open, then zero. */
  readonly leavesQuantity: Amount
  readonly limitPrice: Amount | null
  /** Over all fills, rounded half away from zero; null before the first. */
  readonly averagePrice: Amount | null
  readonly rejectionReason: string | null
  readonly updatedAt: Instant
}

/** An order as it is kept. */
export interface OrderState extends Omit<Order, 'averagePrice'> {
  /** Quantity times price, summed over all fills. */
  readonly filledCost: bigint
}

export const OPEN_STATUSES: readonly OrderStatus[] = ['NEW', 'PARTIALLY_FILLED']

export function isOpen({ status }: Pick<Order, 'status'>): boolean {
  return OPEN_STATUSES.includes(status)
}

/** The order as it is shown. */
export function orderOf({ filledCost, ...order }: OrderState): Order {
  const { filledQuantity } = order
  const averagePrice = filledQuantity === 0 ? null : asAmount(quotient(filledCost, BigInt(filledQuantity)))
  return { ...order, averagePrice }
}
