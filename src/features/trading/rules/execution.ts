import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { Rejected } from '../../../engine/kernel/decision.ts'
import { isOpen, type OrderState, type OrderStatus } from './order.ts'
import type { ReportOrigin } from './position-report.ts'
import { reject } from './rejections.ts'
import type { CheckedReport } from './validate.ts'

export type Executed = { readonly kind: 'executed'; readonly order: OrderState } | Rejected

/**
 * The order right after `report`, following the FIX order states. An order that has ended accepts late fills only and
 * keeps its final status; fills always count, whatever else was reported before or since.
 */
export function executeReport(
  known: OrderState | undefined,
  report: CheckedReport,
  origin: ReportOrigin,
): Executed {
  const fault = known === undefined ? undefined : faultOfIdentity(known, report)
  if (fault !== undefined) return fault
  const { user, now } = origin
  const order = { ...(known ?? newOrder(report, origin)), user, updatedAt: now }
  const { execution } = report
  if (execution.type === 'TRADE') return trade(order, execution.lastQuantity, execution.lastPrice)
  if (!isOpen(order)) {
    return reject('INVALID_TRANSITION', `An order that is ${order.status} accepts late fills only.`)
  }
  switch (execution.type) {
    case 'NEW':
      return executed(order)
    case 'REPLACED':
      return replace(order, report)
    case 'REJECTED':
      return executed({ ...ended(order, 'REJECTED'), rejectionReason: execution.reason })
    case 'CANCELED':
    case 'EXPIRED':
      return executed(ended(order, execution.type))
  }
}

function newOrder(report: CheckedReport, { roomId, user, now }: ReportOrigin): OrderState {
  const { orderId: id, symbol, side, type, quantity, limitPrice } = report
  return {
    ...{ id, roomId, user, symbol, side, type, status: 'NEW', quantity, limitPrice },
    ...{ filledQuantity: amount(0), leavesQuantity: quantity, filledCost: 0n },
    ...{ rejectionReason: null, updatedAt: now },
  }
}

/** An order's user, symbol and side never change. */
function faultOfIdentity(order: OrderState, { userId, symbol, side }: CheckedReport): Rejected | undefined {
  if (order.user.id !== userId) return rejectOther('userId', 'user')
  if (order.symbol !== symbol) return rejectOther('symbol', 'symbol')
  if (order.side !== side) return rejectOther('side', 'side')
  return undefined
}

function trade(order: OrderState, lastQuantity: Amount, lastPrice: Amount): Executed {
  const filled = order.filledQuantity + lastQuantity
  if (filled > order.quantity) {
    const rest = order.quantity - order.filledQuantity
    return reject('INVALID_INPUT', `At most ${rest} of this order can still be filled.`, {
      field: 'lastQuantity',
    })
  }
  const filledQuantity = amount(filled)
  const filledCost = order.filledCost + BigInt(lastQuantity) * BigInt(lastPrice)
  const after = { ...order, filledQuantity, filledCost }
  return executed(isOpen(order) ? opened(after) : after)
}

function replace(order: OrderState, { quantity, limitPrice }: CheckedReport): Executed {
  if (quantity < order.filledQuantity) {
    const reason = `${order.filledQuantity} of this order are already filled.`
    return reject('INVALID_INPUT', reason, { field: 'quantity' })
  }
  return executed(opened({ ...order, quantity, limitPrice: limitPrice ?? order.limitPrice }))
}

/** The status of an order that has not ended, by its filled quantity. */
function opened(order: OrderState): OrderState {
  const leavesQuantity = amount(order.quantity - order.filledQuantity)
  const isFilled = leavesQuantity === 0
  const status = isFilled ? 'FILLED' : order.filledQuantity === 0 ? 'NEW' : 'PARTIALLY_FILLED'
  return { ...order, leavesQuantity, status }
}

function ended(order: OrderState, status: OrderStatus): OrderState {
  return { ...order, status, leavesQuantity: amount(0) }
}

function executed(order: OrderState): Executed {
  return { kind: 'executed', order }
}

function rejectOther(field: string, noun: string): Rejected {
  return reject('INVALID_INPUT', `This order has a different ${noun}.`, { field })
}
