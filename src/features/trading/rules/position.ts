import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { asAmount, quotient, sizeOf } from './exact.ts'

/** What entries of a room's positions carry: the position right after the entry. */
export interface Position {
  readonly roomId: RoomId
  readonly user: Person
  readonly symbol: string
  /** Negative where short. */
  readonly quantity: Amount
  /** Cost ÷ quantity, rounded half away from zero; null at zero, and where the cost is not known. */
  readonly averageEntryPrice: Amount | null
  readonly markPrice: Amount | null
  readonly realizedPnl: Amount
  /** Null where mark or cost is not known. */
  readonly unrealizedPnl: Amount | null
  readonly updatedAt: Instant
}

/** A position as it is kept. */
export interface PositionState extends Omit<Position, 'averageEntryPrice' | 'unrealizedPnl'> {
  /** What the quantity cost in all, exact and never negative; null where a service stated a quantity and no price. */
  readonly cost: bigint | null
}

/** What a service states of a user's account in a room. */
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

/** Tells one user's position in one symbol from all others of a room. */
export function positionKey(userId: UserId, symbol: string): string {
  return JSON.stringify([userId, symbol])
}

/** Tells one user's portfolio from all others of a room, and from positions. */
export function portfolioKey(userId: UserId): string {
  return JSON.stringify([userId])
}

/** Before anything was traded or reported. */
export function noPosition(roomId: RoomId, user: Person, symbol: string, now: Instant): PositionState {
  const nothing = amount(0)
  return {
    ...{ roomId, user, symbol, quantity: nothing, cost: 0n, markPrice: null },
    ...{ realizedPnl: nothing, updatedAt: now },
  }
}

/** The position as it is shown. */
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

/** What selling all at the mark would bring beyond its cost; short: what buying all back would leave of it. */
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
