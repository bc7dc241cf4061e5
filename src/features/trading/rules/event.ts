import type { Reported } from '../../../engine/commands/report.ts'
import type { Amount } from '../../../engine/kernel/amount.ts'
import type { OrderState } from './order.ts'
import type { Portfolio, PositionState } from './position.ts'

/** A report by its executionId. */
export interface Execution {
  readonly id: string
  readonly fingerprint: string
}

/** Events that become entries of the room's orders, under their GraphQL type name. `order` is the state right after. */
export type OrderEvent =
  | {
      readonly type: 'OrderAccepted' | 'OrderFailed' | 'OrderCancelled'
      readonly order: OrderState
      readonly execution: Execution
    }
  | {
      readonly type: 'OrderExecuted'
      readonly order: OrderState
      readonly execution: Execution
      readonly lastQuantity: Amount
      readonly lastPrice: Amount
      /** The position of the same user and symbol right after: an entry of the room's positions. */
      readonly moved: PositionMoved
    }

export interface PositionMoved {
  readonly type: 'PositionUpdated' | 'PositionClosed'
  readonly position: PositionState
}

/** Events that become entries of the room's positions, under their GraphQL type name; Reported is private. */
export type PositionEvent =
  | PositionMoved
  | { readonly type: 'PortfolioUpdated'; readonly portfolio: Portfolio }
  | Reported

/** A position with quantity zero is closed. */
export function movedTo(position: PositionState): PositionMoved {
  return { type: position.quantity === 0 ? 'PositionClosed' : 'PositionUpdated', position }
}
