import { sql } from 'drizzle-orm'
import { bigint, index, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Amount } from '../../engine/kernel/amount.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Offset } from '../../engine/kernel/position.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { OrderId } from './ids.ts'
import type { OrderSide, OrderStatus, OrderType } from './rules/order.ts'

/** Orders as services reported them. */
export const orders = pgTable(
  'orders',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    id: text().$type<OrderId>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    symbol: text().notNull(),
    side: text().$type<OrderSide>().notNull(),
    type: text().$type<OrderType>().notNull(),
    status: text().$type<OrderStatus>().notNull(),
    quantity: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    filledQuantity: bigint('filled_quantity', { mode: 'number' }).$type<Amount>().notNull(),
    leavesQuantity: bigint('leaves_quantity', { mode: 'number' }).$type<Amount>().notNull(),
    limitPrice: bigint('limit_price', { mode: 'number' }).$type<Amount>(),
    /** The sum of quantity times price over all fills, exact: it may exceed the safe integers of JavaScript. */
    filledCost: numeric('filled_cost', { mode: 'bigint' }).notNull(),
    rejectionReason: text('rejection_reason'),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.roomId] }),
    index('orders_of_user').on(t.roomId, t.userId),
    index('orders_latest').on(t.roomId, t.updatedAt),
    index('orders_open').on(t.roomId, t.updatedAt).where(sql`status IN ('NEW', 'PARTIALLY_FILLED')`),
  ],
)

/** Reports by their executionId, for comparison with repeated ones, and the offsets of their entries. */
export const executions = pgTable(
  'executions',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    id: text().notNull(),
    orderId: text('order_id').$type<OrderId>().notNull(),
    fingerprint: text().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.roomId, t.id] })],
)

export const positions = pgTable(
  'positions',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    symbol: text().notNull(),
    /** Negative for short positions. */
    quantity: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    /** Total cost of the quantity, exact and never negative. Null if unknown. */
    cost: numeric({ mode: 'bigint' }),
    markPrice: bigint('mark_price', { mode: 'number' }).$type<Amount>(),
    realizedPnl: bigint('realized_pnl', { mode: 'number' }).$type<Amount>().notNull(),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.roomId, t.userId, t.symbol] })],
)

export const portfolios = pgTable(
  'portfolios',
  {
    roomId: text('room_id').$type<RoomId>().notNull(),
    userId: text('user_id').$type<UserId>().notNull(),
    userName: text('user_name').notNull(),
    cash: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    equity: bigint({ mode: 'number' }).$type<Amount>().notNull(),
    realizedPnl: bigint('realized_pnl', { mode: 'number' }).$type<Amount>().notNull(),
    unrealizedPnl: bigint('unrealized_pnl', { mode: 'number' }).$type<Amount>().notNull(),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.roomId, t.userId] })],
)
