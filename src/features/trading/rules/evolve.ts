import { type ReportTimes, withReported } from '../../../engine/commands/report.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import type { OrderId } from '../ids.ts'
import type { Execution, OrderEvent, PositionEvent, PositionMoved } from './event.ts'
import type { OrderState } from './order.ts'
import { type Portfolio, type Positions, positionKey } from './position.ts'

/** The part of a room's orders that the loaded commands name. */
export interface OrderBook {
  readonly orders: ReadonlyMap<OrderId, OrderState>
  /** By executionId, with the offset of each report's entry. */
  readonly executions: ReadonlyMap<string, Execution & { readonly offset: Offset }>
  readonly positions: Positions
}

/** The part of a room's positions and portfolios that the loaded commands name. */
export interface Holdings {
  readonly positions: Positions
  readonly portfolios: ReadonlyMap<UserId, Portfolio>
  /** By `positionKey` and `portfolioKey`. */
  readonly times: ReportTimes
}

/** The book right after `event`, whose entry is at `offset`. */
export function evolveOrders<Book extends OrderBook>(book: Book, event: OrderEvent, offset: Offset): Book {
  const { order, execution } = event
  return {
    ...book,
    orders: new Map(book.orders).set(order.id, order),
    executions: new Map(book.executions).set(execution.id, { ...execution, offset }),
    positions: event.type === 'OrderExecuted' ? withMoved(book.positions, event.moved) : book.positions,
  }
}

/** The holdings right after `event`. */
export function evolvePositions<Held extends Holdings>(holdings: Held, event: PositionEvent): Held {
  if (event.type === 'Reported') return { ...holdings, times: withReported(holdings.times, event) }
  if (event.type !== 'PortfolioUpdated')
    return { ...holdings, positions: withMoved(holdings.positions, event) }
  const { portfolio } = event
  return { ...holdings, portfolios: new Map(holdings.portfolios).set(portfolio.user.id, portfolio) }
}

function withMoved(positions: Positions, { position }: PositionMoved): Positions {
  return new Map(positions).set(positionKey(position.user.id, position.symbol), position)
}
