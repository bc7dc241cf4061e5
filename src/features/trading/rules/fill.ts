import type { Amount } from '../../../engine/kernel/amount.ts'
import { asAmount, fits, quotient, sizeOf } from './exact.ts'
import type { OrderSide } from './order.ts'
import { type PositionState, unrealizedIn } from './position.ts'

export interface Fill {
  readonly side: OrderSide
  readonly quantity: Amount
  readonly price: Amount
}

/** `beyond`: the result exceeds an Amount; `field` is the input that causes it. */
export type Filling =
  | { readonly kind: 'filled'; readonly position: PositionState }
  | { readonly kind: 'beyond'; readonly field: 'lastQuantity' | 'lastPrice' }

/**
 * The position after one fill, marked at the fill price, by average cost. A closing fill removes its share of the
 * cost, rounded half away from zero, so that the realised profit is exact at zero; a fill through zero starts a new
 * position there. Closing at an unknown cost realises nothing.
 */
export function fillPosition(position: PositionState, { side, quantity, price }: Fill): Filling {
  const held = BigInt(position.quantity)
  const signed = side === 'BUY' ? BigInt(quantity) : -BigInt(quantity)
  const after = held + signed
  if (!fits(after)) return { kind: 'beyond', field: 'lastQuantity' }

  const closed = closedBy(held, signed)
  const opened = sizeOf(signed) - closed
  const taken = costOf(position, closed)
  const proceeds = closed * BigInt(price)
  const gain = taken === null ? 0n : held > 0n ? proceeds - taken : taken - proceeds
  const realized = BigInt(position.realizedPnl) + gain
  const isAnew = closed === sizeOf(held)
  const kept = isAnew ? 0n : position.cost === null ? null : position.cost - (taken ?? 0n)
  const cost = kept === null ? null : kept + opened * BigInt(price)

  const quantityAfter = asAmount(after)
  const unrealized = unrealizedIn({ quantity: quantityAfter, cost, markPrice: price })
  if (!fits(realized) || (unrealized !== null && !fits(unrealized)))
    return { kind: 'beyond', field: 'lastPrice' }
  const moved = { quantity: quantityAfter, cost, markPrice: price, realizedPnl: asAmount(realized) }
  return { kind: 'filled', position: { ...position, ...moved } }
}

/** The quantity of `held` that an opposing fill closes. */
function closedBy(held: bigint, signed: bigint): bigint {
  if (held === 0n || held > 0n === signed > 0n) return 0n
  const isPart = sizeOf(signed) < sizeOf(held)
  return sizeOf(isPart ? signed : held)
}

/** The share of the cost that belongs to `closed`. */
function costOf({ quantity, cost }: PositionState, closed: bigint): bigint | null {
  if (cost === null) return null
  return closed === 0n ? 0n : quotient(cost * closed, sizeOf(BigInt(quantity)))
}
