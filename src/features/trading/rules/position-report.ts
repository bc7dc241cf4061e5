import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { sizeOf } from './exact.ts'
import type { Portfolio, PositionState } from './position.ts'
import type { CheckedPortfolio, CheckedPosition } from './validate.ts'

/** Room, user and time of a report. */
export interface ReportOrigin {
  readonly roomId: RoomId
  readonly user: Person
  readonly now: Instant
}

/** The reported position, which replaces any earlier one. */
export function reportedPosition(
  { symbol, quantity, averageEntryPrice, markPrice, realizedPnl }: CheckedPosition,
  { roomId, user, now }: ReportOrigin,
): PositionState {
  const price = quantity === 0 ? 0 : averageEntryPrice
  const cost = price === null ? null : BigInt(price) * sizeOf(BigInt(quantity))
  return { roomId, user, symbol, quantity, cost, markPrice, realizedPnl, updatedAt: now }
}

export function reportedPortfolio(
  { cash, equity, realizedPnl, unrealizedPnl }: CheckedPortfolio,
  { roomId, user, now }: ReportOrigin,
): Portfolio {
  return { roomId, user, cash, equity, realizedPnl, unrealizedPnl, updatedAt: now }
}

/** Whether a user's position in a symbol already equals the report. */
export function isSamePosition(held: PositionState | undefined, reported: PositionState): boolean {
  return (
    held !== undefined &&
    held.quantity === reported.quantity &&
    held.cost === reported.cost &&
    held.markPrice === reported.markPrice &&
    held.realizedPnl === reported.realizedPnl
  )
}

/** Whether a user's portfolio already equals the report. */
export function isSamePortfolio(held: Portfolio | undefined, reported: Portfolio): boolean {
  return (
    held !== undefined &&
    held.cash === reported.cash &&
    held.equity === reported.equity &&
    held.realizedPnl === reported.realizedPnl &&
    held.unrealizedPnl === reported.unrealizedPnl
  )
}
