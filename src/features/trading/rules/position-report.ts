import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { sizeOf } from './exact.ts'
import type { Portfolio, PositionState } from './position.ts'
import type { CheckedPortfolio, CheckedPosition } from './validate.ts'

/** Where and when something was stated, and of whom. */
export interface Occasion {
  readonly roomId: RoomId
  readonly user: Person
  readonly now: Instant
}

/** The position that is stated, whatever stood there before. */
export function statedPosition(
  { symbol, quantity, averageEntryPrice, markPrice, realizedPnl }: CheckedPosition,
  { roomId, user, now }: Occasion,
): PositionState {
  const price = quantity === 0 ? 0 : averageEntryPrice
  const cost = price === null ? null : BigInt(price) * sizeOf(BigInt(quantity))
  return { roomId, user, symbol, quantity, cost, markPrice, realizedPnl, updatedAt: now }
}

export function statedPortfolio(
  { cash, equity, realizedPnl, unrealizedPnl }: CheckedPortfolio,
  { roomId, user, now }: Occasion,
): Portfolio {
  return { roomId, user, cash, equity, realizedPnl, unrealizedPnl, updatedAt: now }
}

/** Whether a user's position in a symbol is as stated already. */
export function isSamePosition(held: PositionState | undefined, stated: PositionState): boolean {
  return (
    held !== undefined &&
    held.quantity === stated.quantity &&
    held.cost === stated.cost &&
    held.markPrice === stated.markPrice &&
    held.realizedPnl === stated.realizedPnl
  )
}

/** Whether a user's portfolio is as stated already. */
export function isSamePortfolio(held: Portfolio | undefined, stated: Portfolio): boolean {
  return (
    held !== undefined &&
    held.cash === stated.cash &&
    held.equity === stated.equity &&
    held.realizedPnl === stated.realizedPnl &&
    held.unrealizedPnl === stated.unrealizedPnl
  )
}
