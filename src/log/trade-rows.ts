import type { OrderState } from '../domain/trade/order.ts'
import type { Portfolio, PositionState } from '../domain/trade/position.ts'
import type { orders, portfolios, positions } from './schema.ts'

/** An order by its row. */
export function orderFrom({ userId, userName, ...order }: typeof orders.$inferSelect): OrderState {
  return { ...order, user: { id: userId, name: userName } }
}

/** A position by its row. */
export function positionFrom({
  userId,
  userName,
  ...position
}: typeof positions.$inferSelect): PositionState {
  return { ...position, user: { id: userId, name: userName } }
}

/** A portfolio by its row. */
export function portfolioFrom({ userId, userName, ...portfolio }: typeof portfolios.$inferSelect): Portfolio {
  return { ...portfolio, user: { id: userId, name: userName } }
}
