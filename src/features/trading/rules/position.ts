import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { asAmount, quotient, sizeOf } from './exact.ts'

/** The position as entries of a room's positions carry it: right after the entry. */
export interface Position {
  readonly roomId: RoomId
  readonly user: Person
  readonly symbol: string
  /** Negative for short positions. */
  readonly quantity: Amount
  /** Cost ÷ quantity, rounded half away from zero; null at zero or if the cost is unknown. */
  readonly averageEntryPrice: Amount | null
  readonly markPrice: Amount | null
  readonly realizedPnl: Amount
  /** Null if mark or cost is unknown. */
  readonly unrealizedPnl: Amount | null
  readonly updatedAt: Instant
}

/** A position as stored. */
export interface PositionState extends Omit<Position, 'averageEntryPrice' | 'unrealizedPnl'> {
  /** Total cost of the quantity, exact and never negative; null if a service reported a quantity without a price. */
  readonly cost: bigint | null
}

/** A service's report of a user's account in a room. */
export interface Portfolio {
  readonly roomId: RoomId
  readonly user: Person
  readonly cash: Amount
  readonly equity: Amount
  readonly realizedPnl: Amount
  readonly unrealizedPnl: Amount
  readonly updatedAt: Instant
}

/** By `positionKey`. */
export type Positions = ReadonlyMap<string, PositionState>

/** Key of one user's position in one symbol, unique within a room. */
export function positionKey(userId: UserId, symbol: string): string {
  return JSON.stringify([userId, symbol])
}

/** Key of one user's portfolio, unique within a room and distinct from position keys. */
export function portfolioKey(userId: UserId): string {
  return JSON.stringify([userId])
}

/** The position before any trade or report. */
export function noPosition(roomId: RoomId, user: Person, symbol: string, now: Instant): PositionState {
  const nothing = amount(0)
  return {
    ...{ roomId, user, symbol, quantity: nothing, cost: 0n, markPrice: null },
    ...{ realizedPnl: nothing, updatedAt: now },
  }
}

/** The position as clients see it. */
export function positionOf(position: PositionState): Position {
  const { cost, ...kept } = position
  const quantity = BigInt(kept.quantity)
  const isPriced = cost !== null && quantity !== 0n
  const unrealized = unrealizedIn(position)
  return {
    ...kept,
    averageEntryPrice: isPriced ? asAmount(quotient(cost, sizeOf(quantity))) : null,
    unrealizedPnl: unrealized === null ? null : asAmount(unrealized),
  }
}

/** The profit from selling everything at the mark; for a short position, from buying everything back. */
export function unrealizedIn({
  quantity,
  cost,
  markPrice,
}: Pick<PositionState, 'quantity' | 'cost' | 'markPrice'>): bigint | null {
  if (quantity === 0) return 0n
  if (cost === null || markPrice === null) return null
  const value = BigInt(quantity) * BigInt(markPrice)
  return quantity > 0 ? value - cost : value + cost
}
