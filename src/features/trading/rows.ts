import type { OrderState } from './rules/order.ts'
import type { Portfolio, PositionState } from './rules/position.ts'
import type { orders, portfolios, positions } from './tables.ts'

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
