import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import type { OrderId } from '../ids.ts'
import type { ExecutionType, OrderSide, OrderType } from './order.ts'
import type { Portfolio, Position } from './position.ts'

/** What a service's engine decided of one order, as the service sent it: the decider checks all of it. */
export interface OrderCommand {
  readonly kind: 'reportOrder'
  /** Makes a retry safe; unique within the room. */
  readonly executionId: string
  /** Of the whole input: tells a retry from another report under the same executionId. */
  readonly fingerprint: string
  readonly orderId: OrderId
  /** May be somebody nobody has seen yet. */
  readonly userId: UserId
  readonly symbol: string
  readonly side: OrderSide
  readonly type: OrderType
  readonly executionType: ExecutionType
  readonly quantity: number
  readonly limitPrice: number | null
  /** Of a TRADE; of another report nobody looks at them. */
  readonly lastQuantity: number | null
  readonly lastPrice: number | null
  /** Of a REJECTED; of another report nobody looks at it. */
  readonly rejectionReason: string | null
}

export interface OrderReply {
  readonly orderId: OrderId
  /** The report's entry; of a retry, that of the first. */
  readonly offset: Offset
}

/** Each states the whole of what it names: what is left out is not known, and of a profit or loss there is none. */
export type PositionCommand =
  | {
      readonly kind: 'reportPosition'
      readonly userId: UserId
      readonly symbol: string
      readonly quantity: number
      readonly averageEntryPrice: number | null
      readonly markPrice: number | null
      readonly realizedPnl: number | null
      /** When the position was so; omit for the moment of its arrival. */
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

/** What was stated: of a position its symbol, null of a portfolio. */
export interface PositionReply {
  readonly userId: UserId
  readonly symbol: string | null
  /** Older than the latest accepted one of the same position or portfolio: it changed nothing. */
  readonly stale: boolean
}

export type Holding =
  | { readonly kind: 'position'; readonly position: Position }
  | { readonly kind: 'portfolio'; readonly portfolio: Portfolio }
