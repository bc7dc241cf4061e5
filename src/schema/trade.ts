import { globalOrderId } from '../features/trading/ids.ts'
import {
  EXECUTION_TYPES,
  type ExecutionType as ExecutionTypeShape,
  ORDER_SIDES,
  ORDER_STATUSES,
  ORDER_TYPES,
  type Order as OrderShape,
  type OrderSide as OrderSideShape,
  type OrderStatus as OrderStatusShape,
  type OrderType as OrderTypeShape,
} from '../features/trading/rules/order.ts'
import type {
  Portfolio as PortfolioShape,
  Position as PositionShape,
} from '../features/trading/rules/position.ts'
import { LONG_LIST, STATEMENT } from '../platform/limits/field-cost.ts'
import { order, orders, portfolios, positions } from '../resolvers/trades.ts'
import type { Builder } from './builder.ts'
import { asCaller, costs } from './field.ts'
import { Node } from './node.ts'
import { User } from './person.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'

export const OrderSide = new SharedEnum<OrderSideShape>('OrderSide')
export const OrderType = new SharedEnum<OrderTypeShape>('OrderType')
export const ExecutionType = new SharedEnum<ExecutionTypeShape>('ExecutionType')
const OrderStatus = new SharedEnum<OrderStatusShape>('OrderStatus')
export const Order = new SharedObject<OrderShape>('Order')
export const Position = new SharedObject<PositionShape>('Position')
export const Portfolio = new SharedObject<PortfolioShape>('Portfolio')

/** Orders, positions and portfolios. */
export function addTradeTypes(builder: Builder): void {
  addEnums(builder)
  addOrder(builder)
  addPosition(builder)
  addPortfolio(builder)
  addTradeQueries(builder)
}

function addEnums(builder: Builder): void {
  OrderSide.in(builder, {
    values: ORDER_SIDES,
  })

  OrderType.in(builder, {
    values: ORDER_TYPES,
  })

  ExecutionType.in(builder, {
    description: 'Why this report was sent (FIX ExecType).',
    values: EXECUTION_TYPES,
  })

  OrderStatus.in(builder, {
    description: "The order's state afterwards (FIX OrdStatus).",
    values: ORDER_STATUSES,
  })
}

function addOrder(builder: Builder): void {
  Order.in(builder).implement({
    interfaces: [Node],
    description: 'An order of a trade room, in the state of the latest report. Uses FIX terms.',
    fields: (t) => ({
      id: t.id({
        description: 'Opaque, for caches and `node(id:)`. The same for the same room and `orderId`.',
        resolve: globalOrderId,
      }),
      orderId: t.exposeID('id', {
        description: 'The id assigned by the reporting service: unique in its room, 1 to 128 characters.',
      }),
      roomId: t.exposeID('roomId'),
      user: t.expose('user', { type: User }),
      symbol: t.exposeString('symbol'),
      side: t.expose('side', { type: OrderSide }),
      type: t.expose('type', { type: OrderType }),
      status: t.expose('status', { type: OrderStatus }),
      quantity: t.expose('quantity', { type: 'Amount' }),
      filledQuantity: t.expose('filledQuantity', { type: 'Amount' }),
      leavesQuantity: t.expose('leavesQuantity', {
        type: 'Amount',
        description: 'What may still be filled; zero once the order has ended.',
      }),
      limitPrice: t.expose('limitPrice', { type: 'Amount', nullable: true }),
      averagePrice: t.expose('averagePrice', {
        type: 'Amount',
        nullable: true,
        description: 'Over all fills; null before the first.',
      }),
      rejectionReason: t.exposeString('rejectionReason', { nullable: true }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  })
}

function addPosition(builder: Builder): void {
  Position.in(builder).implement({
    description: 'Average-cost accounting. Negative quantity is a short position.',
    fields: (t) => ({
      roomId: t.exposeID('roomId'),
      user: t.expose('user', { type: User }),
      symbol: t.exposeString('symbol'),
      quantity: t.expose('quantity', { type: 'Amount' }),
      averageEntryPrice: t.expose('averageEntryPrice', {
        type: 'Amount',
        nullable: true,
        description: 'Null at zero, or if a service reported a quantity without it.',
      }),
      markPrice: t.expose('markPrice', { type: 'Amount', nullable: true }),
      realizedPnl: t.expose('realizedPnl', { type: 'Amount' }),
      unrealizedPnl: t.expose('unrealizedPnl', {
        type: 'Amount',
        nullable: true,
        description: 'At the mark price; null if the mark or entry price is unknown.',
      }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  })
}

function addPortfolio(builder: Builder): void {
  Portfolio.in(builder).implement({
    description: "A user's account in a room, as reported by a service.",
    fields: (t) => ({
      roomId: t.exposeID('roomId'),
      user: t.expose('user', { type: User }),
      cash: t.expose('cash', { type: 'Amount' }),
      equity: t.expose('equity', { type: 'Amount' }),
      realizedPnl: t.expose('realizedPnl', { type: 'Amount' }),
      unrealizedPnl: t.expose('unrealizedPnl', { type: 'Amount' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  })
}

function addTradeQueries(builder: Builder): void {
  builder.queryFields((t) => ({
    order: t.field({
      type: Order,
      nullable: true,
      description:
        'The order with this id of its service. Null if the room has no such order, or it is not disclosed to the caller.',
      args: { roomId: t.arg.id({ required: true }), orderId: t.arg.id({ required: true }) },
      ...costs({ weight: STATEMENT }),
      resolve: asCaller(order),
    }),
    orders: t.field({
      type: [Order],
      description: 'The orders disclosed to the caller, including ended ones: the 1000 that changed last.',
      args: { roomId: t.arg.id({ required: true }) },
      ...costs(LONG_LIST),
      resolve: asCaller(orders),
    }),
    positions: t.field({
      type: [Position],
      description:
        'The positions disclosed to the caller, at most 1000. Closed ones come last and show their realised profit.',
      args: { roomId: t.arg.id({ required: true }) },
      ...costs(LONG_LIST),
      resolve: asCaller(positions),
    }),
    portfolios: t.field({
      type: [Portfolio],
      description: 'The portfolios disclosed to the caller, at most 1000.',
      args: { roomId: t.arg.id({ required: true }) },
      ...costs(LONG_LIST),
      resolve: asCaller(portfolios),
    }),
  }))
}
