import { type Amount, isAmount } from '../../../engine/kernel/amount.ts'
import type { Rejected } from '../../../engine/kernel/decision.ts'
import { isUserId, userIdRule } from '../../../engine/kernel/id.ts'
import {
  isOptionalText,
  isStorable,
  lengthOf,
  lengthRule,
  nameWithin,
  optionalTextRule,
} from '../../../engine/kernel/text.ts'
import type { OrderCommand, PositionCommand } from './command.ts'
import type { ExecutionType } from './order.ts'
import { reject } from './rejections.ts'

const MAX_ID = 128
/** The longest `sub` that a token may have. */
const MAX_SYMBOL = 64
const MAX_REASON = 1000

/** A validated report on an order. */
export interface CheckedReport
  extends Pick<OrderCommand, 'executionId' | 'orderId' | 'userId' | 'side' | 'type'> {
  readonly kind: 'checked'
  readonly symbol: string
  readonly quantity: Amount
  readonly limitPrice: Amount | null
  readonly execution: CheckedExecution
}

export type CheckedExecution =
  | { readonly type: 'TRADE'; readonly lastQuantity: Amount; readonly lastPrice: Amount }
  | { readonly type: 'REJECTED'; readonly reason: string | null }
  | { readonly type: Exclude<ExecutionType, 'TRADE' | 'REJECTED'> }

/** `symbol` as stored; undefined if it is invalid. */
export function storedSymbol(symbol: string): string | undefined {
  return nameWithin(symbol, MAX_SYMBOL)
}

export function checkReport(command: OrderCommand): CheckedReport | Rejected {
  const { executionId, orderId, userId, side, type, quantity, limitPrice } = command
  const fault = faultOfId('executionId', executionId) ?? faultOfId('orderId', orderId) ?? faultOfUser(userId)
  if (fault !== undefined) return fault
  const symbol = storedSymbol(command.symbol)
  if (symbol === undefined) return rejectSymbol()
  if (!isQuantity(quantity)) return rejectQuantity('quantity')
  if (!isPriceOrNone(limitPrice)) return rejectPrice('limitPrice')
  const execution = checkExecution(command)
  if ('kind' in execution) return execution
  return {
    kind: 'checked',
    ...{ executionId, orderId, userId, side, type, symbol, quantity, limitPrice, execution },
  }
}

function checkExecution(command: OrderCommand): CheckedExecution | Rejected {
  const { executionType, lastQuantity, lastPrice, rejectionReason } = command
  switch (executionType) {
    case 'TRADE':
      if (lastQuantity === null || !isQuantity(lastQuantity)) return rejectQuantity('lastQuantity')
      if (lastPrice === null || !isPrice(lastPrice)) return rejectPrice('lastPrice')
      return { type: executionType, lastQuantity, lastPrice }
    case 'REJECTED': {
      const reason = rejectionReason?.trim() ?? ''
      if (!isOptionalText(reason, MAX_REASON)) {
        const rule = `A reason has ${optionalTextRule(MAX_REASON)}.`
        return reject('INVALID_INPUT', rule, { field: 'rejectionReason' })
      }
      return { type: executionType, reason: reason === '' ? null : reason }
    }
    default:
      return { type: executionType }
  }
}

/** A validated position report; `null` for unknown values. */
export interface CheckedPosition extends Pick<StatePosition, 'userId'> {
  readonly kind: 'checked'
  readonly symbol: string
  readonly quantity: Amount
  readonly averageEntryPrice: Amount | null
  readonly markPrice: Amount | null
  readonly realizedPnl: Amount
}

type StatePosition = Extract<PositionCommand, { readonly kind: 'reportPosition' }>
type StatePortfolio = Extract<PositionCommand, { readonly kind: 'reportPortfolio' }>

export function checkPosition(command: StatePosition): CheckedPosition | Rejected {
  const { userId, quantity, averageEntryPrice, markPrice } = command
  const realizedPnl = command.realizedPnl ?? 0
  const fault = faultOfUser(userId)
  if (fault !== undefined) return fault
  const symbol = storedSymbol(command.symbol)
  if (symbol === undefined) return rejectSymbol()
  if (!isAmount(quantity)) return rejectAmount('quantity')
  if (!isPriceOrNone(averageEntryPrice)) return rejectPrice('averageEntryPrice')
  if (!isPriceOrNone(markPrice)) return rejectPrice('markPrice')
  if (!isAmount(realizedPnl)) return rejectAmount('realizedPnl')
  return { kind: 'checked', userId, symbol, quantity, averageEntryPrice, markPrice, realizedPnl }
}

export interface CheckedPortfolio extends Pick<StatePortfolio, 'userId'> {
  readonly kind: 'checked'
  readonly cash: Amount
  readonly equity: Amount
  readonly realizedPnl: Amount
  readonly unrealizedPnl: Amount
}

export function checkPortfolio(command: StatePortfolio): CheckedPortfolio | Rejected {
  const { userId, cash, equity } = command
  const [realizedPnl, unrealizedPnl] = [command.realizedPnl ?? 0, command.unrealizedPnl ?? 0]
  const fault = faultOfUser(userId)
  if (fault !== undefined) return fault
  if (!isAmount(cash)) return rejectAmount('cash')
  if (!isAmount(equity)) return rejectAmount('equity')
  if (!isAmount(realizedPnl)) return rejectAmount('realizedPnl')
  if (!isAmount(unrealizedPnl)) return rejectAmount('unrealizedPnl')
  return { kind: 'checked', userId, cash, equity, realizedPnl, unrealizedPnl }
}

function faultOfId(field: 'executionId' | 'orderId', id: string): Rejected | undefined {
  const length = lengthOf(id)
  if (isStorable(id) && length >= 1 && length <= MAX_ID) return undefined
  return reject('INVALID_INPUT', `An ${field} has ${idRule(MAX_ID)}.`, { field })
}

function faultOfUser(id: string): Rejected | undefined {
  if (isUserId(id)) return undefined
  return reject('INVALID_INPUT', `A user's id ${userIdRule()}.`, { field: 'userId' })
}

function idRule(most: number): string {
  return `1 to ${most} characters, none of them NUL`
}

function isQuantity(value: number): value is Amount {
  return isAmount(value) && value >= 1
}

function isPrice(value: number): value is Amount {
  return isAmount(value) && value >= 0
}

function isPriceOrNone(value: number | null): value is Amount | null {
  return value === null || isPrice(value)
}

function rejectSymbol(): Rejected {
  return reject('INVALID_INPUT', `A symbol has ${lengthRule(MAX_SYMBOL)}.`, { field: 'symbol' })
}

function rejectQuantity(field: string): Rejected {
  return reject('INVALID_INPUT', `The ${field} must be a whole number, at least 1.`, { field })
}

function rejectPrice(field: string): Rejected {
  return reject('INVALID_INPUT', `The ${field} must be a whole number, at least 0.`, { field })
}

function rejectAmount(field: string): Rejected {
  return reject('INVALID_INPUT', `The ${field} must be a whole number.`, { field })
}
