import type { OrderState } from './rules/order.ts'
import type { Portfolio, PositionState } from './rules/position.ts'
import type { orders, portfolios, positions } from './tables.ts'

/** Maps a row to an order. */
export function orderFrom({ userId, userName, ...order }: typeof orders.$inferSelect): OrderState {
  return { ...order, user: { id: userId, name: userName } }
}

/** Maps a row to a position. */
export function positionFrom({
  userId,
  userName,
  ...position
}: typeof positions.$inferSelect): PositionState {
  return { ...position, user: { id: userId, name: userName } }
}

/** Maps a row to a portfolio. */
export function portfolioFrom({ userId, userName, ...portfolio }: typeof portfolios.$inferSelect): Portfolio {
  return { ...portfolio, user: { id: userId, name: userName } }
}
