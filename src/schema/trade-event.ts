import type { OrderEvent as OrderEventShape, OrderExecutedEvent } from '../features/trading/orders.source.ts'
import type {
  PortfolioEvent,
  PositionEvent as PositionEventShape,
} from '../features/trading/positions.source.ts'
import type { Order as OrderShape } from '../features/trading/rules/order.ts'
import type {
  Portfolio as PortfolioShape,
  Position as PositionShape,
} from '../features/trading/rules/position.ts'
import { ordersPlan, positionsPlan } from '../features/trading/subscriptions.ts'
import type { Builder, TypeOf } from './builder.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { costs, servedBy } from './field.ts'
import { Order, Portfolio, Position } from './trade.ts'

function orderEvent(builder: Builder, name: string): TypeOf<OrderEventShape> {
  return builder.objectRef<OrderEventShape>(name).implement({
    interfaces: [Event],
    fields: (t) => ({ order: t.expose('order', { type: Order }) }),
  })
}

function positionEvent(builder: Builder, name: string): TypeOf<PositionEventShape> {
  return builder.objectRef<PositionEventShape>(name).implement({
    interfaces: [Event],
    fields: (t) => ({ position: t.field({ type: Position, resolve: ({ held }) => held }) }),
  })
}

/** The subscriptions to orders and positions, and their entries. */
export function addTradeEvents(builder: Builder): void {
  addOrderEvents(builder)
  addPositionEvents(builder)
}

function addOrderEvents(builder: Builder): void {
  const OrdersSnapshot = builder
    .objectRef<PresentedSnapshot & { readonly open: readonly OrderShape[] }>('OrdersSnapshot')
    .implement({
      interfaces: [Event],
      description:
        'The open orders that are disclosed to this viewer, as of `cursor`; everything after follows.',
      fields: (t) => ({
        reset: t.exposeBoolean('reset', { description: RESET }),
        open: t.expose('open', { type: [Order], ...costs({ size: 20 }) }),
      }),
    })

  const OrderExecuted = builder.objectRef<OrderExecutedEvent>('OrderExecuted').implement({
    interfaces: [Event],
    fields: (t) => ({
      order: t.expose('order', { type: Order }),
      executionId: t.exposeID('executionId'),
      lastQuantity: t.expose('lastQuantity', { type: 'Amount' }),
      lastPrice: t.expose('lastPrice', { type: 'Amount' }),
    }),
  })

  const OrderEvent = builder.unionType('OrderEvent', {
    types: [
      OrdersSnapshot,
      orderEvent(builder, 'OrderAccepted'),
      OrderExecuted,
      orderEvent(builder, 'OrderFailed'),
      orderEvent(builder, 'OrderCancelled'),
    ],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionField('orders', (t) =>
    t.field({
      type: OrderEvent,
      args: { roomId: t.arg.id({ required: true }), after: t.arg({ type: 'Cursor' }) },
      ...servedBy(ordersPlan),
    }),
  )
}

function addPositionEvents(builder: Builder): void {
  const PositionsSnapshot = builder
    .objectRef<
      PresentedSnapshot & {
        readonly positions: readonly PositionShape[]
        readonly portfolios: readonly PortfolioShape[]
      }
    >('PositionsSnapshot')
    .implement({
      interfaces: [Event],
      description: 'What is disclosed to this viewer, as of `cursor`; everything after follows.',
      fields: (t) => ({
        reset: t.exposeBoolean('reset', { description: RESET }),
        positions: t.expose('positions', { type: [Position], ...costs({ size: 20 }) }),
        portfolios: t.expose('portfolios', { type: [Portfolio], ...costs({ size: 20 }) }),
      }),
    })

  const PortfolioUpdated = builder.objectRef<PortfolioEvent>('PortfolioUpdated').implement({
    interfaces: [Event],
    fields: (t) => ({ portfolio: t.expose('portfolio', { type: Portfolio }) }),
  })

  const PositionEvent = builder.unionType('PositionEvent', {
    types: [
      PositionsSnapshot,
      positionEvent(builder, 'PositionUpdated'),
      positionEvent(builder, 'PositionClosed'),
      PortfolioUpdated,
    ],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionField('positions', (t) =>
    t.field({
      type: PositionEvent,
      args: { roomId: t.arg.id({ required: true }), after: t.arg({ type: 'Cursor' }) },
      ...servedBy(positionsPlan),
    }),
  )
}
