import type { IdempotencyKey } from '../engine/commands/command.ts'
import type { Amount } from '../engine/kernel/amount.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asUserId } from '../engine/kernel/id.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import { asRoomId } from '../features/rooms/ids.ts'
import { orderFamily, positionFamily } from '../features/trading/families.ts'
import { asOrderId } from '../features/trading/ids.ts'
import { readHolding } from '../features/trading/reads/positions.ts'
import type { Holding, OrderCommand, PositionCommand } from '../features/trading/rules/command.ts'
import type { ExecutionType, Order, OrderSide, OrderType } from '../features/trading/rules/order.ts'
import type { Portfolio, Position } from '../features/trading/rules/position.ts'
import { ordersTopic, positionsTopic } from '../features/trading/topics.ts'
import type { CallContext } from './context.ts'
import { fingerprint } from './fingerprint.ts'
import { type RejectedResult, readKey, refusalOf } from './result.ts'
import { actorIn } from './signed-in.ts'

interface Accepted {
  readonly kind: 'accepted'
  readonly cursor: Cursor
}

export type OrderPayload = Accepted & { readonly order: Order }
/** `stale`: the report was older than the latest accepted one, and changed nothing. */
type Stated = Accepted & { readonly stale: boolean }
export type PositionPayload = Stated & { readonly position: Position }
export type PortfolioPayload = Stated & { readonly portfolio: Portfolio }

export type OrderResult = OrderPayload | RejectedResult
export type PositionResult = PositionPayload | RejectedResult
export type PortfolioResult = PortfolioPayload | RejectedResult

export interface ReportOrderInput {
  readonly executionId: string
  readonly roomId: string
  readonly orderId: string
  readonly userId: string
  readonly symbol: string
  readonly side: OrderSide
  readonly type: OrderType
  readonly executionType: ExecutionType
  readonly quantity: Amount
  readonly limitPrice?: Amount | null | undefined
  readonly lastQuantity?: Amount | null | undefined
  readonly lastPrice?: Amount | null | undefined
  readonly rejectionReason?: string | null | undefined
}

/** A retry gets the first answer's cursor, and the current order. */
export async function reportOrder(input: ReportOrderInput, context: CallContext): Promise<OrderResult> {
  const roomId = asRoomId(input.roomId)
  const { executionId, symbol, side, type, executionType, quantity } = input
  const command: OrderCommand = {
    kind: 'reportOrder',
    executionId,
    fingerprint: fingerprint('reportOrder', input),
    orderId: asOrderId(input.orderId),
    userId: asUserId(input.userId),
    ...{ symbol, side, type, executionType, quantity },
    limitPrice: input.limitPrice ?? null,
    lastQuantity: input.lastQuantity ?? null,
    lastPrice: input.lastPrice ?? null,
    rejectionReason: input.rejectionReason ?? null,
  }
  const outcome = await context.services.dispatch(orderFamily, roomId, actorIn(context), command)
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const { reply, position, state: order } = outcome
  if (order === undefined) throw new RangeError('a report has no key other than its executionId')
  const cursor = encodeCursor(ordersTopic(roomId), { ...position, offset: reply.offset })
  return { kind: 'accepted', order, cursor }
}

export interface ReportPositionInput {
  readonly roomId: string
  readonly userId: string
  readonly symbol: string
  readonly quantity: Amount
  readonly averageEntryPrice?: Amount | null | undefined
  readonly markPrice?: Amount | null | undefined
  readonly realizedPnl?: Amount | null | undefined
  readonly reportedAt?: Instant | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export async function reportPosition(
  input: ReportPositionInput,
  context: CallContext,
): Promise<PositionResult> {
  const reading = readKey('reportPosition', input)
  if (reading.kind === 'rejected') return reading
  const command: PositionCommand = {
    kind: 'reportPosition',
    userId: asUserId(input.userId),
    symbol: input.symbol,
    quantity: input.quantity,
    averageEntryPrice: input.averageEntryPrice ?? null,
    markPrice: input.markPrice ?? null,
    realizedPnl: input.realizedPnl ?? null,
    reportedAt: input.reportedAt ?? undefined,
  }
  const stated = await giveStatement(input.roomId, context, command, reading.key)
  if (stated.kind === 'rejected') return stated
  const { held, cursor, stale } = stated
  if (held.kind !== 'position') throw new RangeError('a position report is answered with a position')
  return { kind: 'accepted', position: held.position, stale, cursor }
}

export interface ReportPortfolioInput {
  readonly roomId: string
  readonly userId: string
  readonly cash: Amount
  readonly equity: Amount
  readonly realizedPnl?: Amount | null | undefined
  readonly unrealizedPnl?: Amount | null | undefined
  readonly reportedAt?: Instant | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export async function reportPortfolio(
  input: ReportPortfolioInput,
  context: CallContext,
): Promise<PortfolioResult> {
  const reading = readKey('reportPortfolio', input)
  if (reading.kind === 'rejected') return reading
  const command: PositionCommand = {
    kind: 'reportPortfolio',
    userId: asUserId(input.userId),
    cash: input.cash,
    equity: input.equity,
    realizedPnl: input.realizedPnl ?? null,
    unrealizedPnl: input.unrealizedPnl ?? null,
    reportedAt: input.reportedAt ?? undefined,
  }
  const stated = await giveStatement(input.roomId, context, command, reading.key)
  if (stated.kind === 'rejected') return stated
  const { held, cursor, stale } = stated
  if (held.kind !== 'portfolio') throw new RangeError('a portfolio report is answered with a portfolio')
  return { kind: 'accepted', portfolio: held.portfolio, stale, cursor }
}

async function giveStatement(
  room: string,
  context: CallContext,
  command: PositionCommand,
  key: IdempotencyKey | undefined,
): Promise<(Stated & { readonly held: Holding }) | RejectedResult> {
  const roomId = asRoomId(room)
  const outcome = await context.services.dispatch(positionFamily, roomId, actorIn(context), command, key)
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const { position, reply } = outcome
  const held = outcome.state ?? (await readHolding(context.services.database, roomId, reply))
  if (held === undefined) throw new RangeError('an accepted report is stored')
  const cursor = encodeCursor(positionsTopic(roomId), position)
  return { kind: 'accepted', held, stale: reply.stale, cursor }
}
