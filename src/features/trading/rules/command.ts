import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import type { OrderId } from '../ids.ts'
import type { ExecutionType, OrderSide, OrderType } from './order.ts'
import type { Portfolio, Position } from './position.ts'

/** A service's report on one order, as the service sent it: the decider checks every field. */
export interface OrderCommand {
  readonly kind: 'reportOrder'
  /** Makes a retry safe; unique within the room. */
  readonly executionId: string
  /** Hash of the whole input: distinguishes a retry from a different report under the same executionId. */
  readonly fingerprint: string
  readonly orderId: OrderId
  /** May be a user who has never signed in. */
  readonly userId: UserId
  readonly symbol: string
  readonly side: OrderSide
  readonly type: OrderType
  readonly executionType: ExecutionType
  readonly quantity: number
  readonly limitPrice: number | null
  /** TRADE only; ignored otherwise. */
  readonly lastQuantity: number | null
  readonly lastPrice: number | null
  /** REJECTED only; ignored otherwise. */
  readonly rejectionReason: string | null
}

export interface OrderReply {
  readonly orderId: OrderId
  /** The offset of the report's entry; for a retry, that of the first report. */
  readonly offset: Offset
}

/**
 * Each report replaces the full state of its subject: omitted fields become unknown, and an omitted profit or loss
 * becomes zero.
 */
export type PositionCommand =
  | {
      readonly kind: 'reportPosition'
      readonly userId: UserId
      readonly symbol: string
      readonly quantity: number
      readonly averageEntryPrice: number | null
      readonly markPrice: number | null
      readonly realizedPnl: number | null
      /** When the position was observed; omit for the time of arrival. */
      readonly reportedAt?: Instant | undefined
    }
  | {
      readonly kind: 'reportPortfolio'
      readonly userId: UserId
      readonly cash: number
      readonly equity: number
      readonly realizedPnl: number | null
      readonly unrealizedPnl: number | null
      readonly reportedAt?: Instant | undefined
    }

/** The subject of the report: a position's symbol, null for a portfolio. */
export interface PositionReply {
  readonly userId: UserId
  readonly symbol: string | null
  /** Older than the latest accepted report of the same position or portfolio, and therefore ignored. */
  readonly stale: boolean
}

export type Holding =
  | { readonly kind: 'position'; readonly position: Position }
  | { readonly kind: 'portfolio'; readonly portfolio: Portfolio }
