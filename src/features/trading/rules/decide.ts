import { isStale, type ReportTimes, reported } from '../../../engine/commands/report.ts'
import { type Actor, isPrivileged } from '../../../engine/kernel/actor.ts'
import type { Rejected } from '../../../engine/kernel/decision.ts'
import { accept, type Decision, forbid } from '../../../engine/kernel/decision.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { Offset } from '../../../engine/kernel/position.ts'
import type { RoomId } from '../../rooms/ids.ts'
import { canSeeRoom, membershipOf } from '../../rooms/rules/access.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import type { OrderCommand, OrderReply, PositionCommand, PositionReply } from './command.ts'
import { type Execution, movedTo, type OrderEvent, type PositionEvent } from './event.ts'
import { fits } from './exact.ts'
import { executeReport } from './execution.ts'
import { type Fill, type Filling, fillPosition } from './fill.ts'
import type { OrderState } from './order.ts'
import {
  noPosition,
  type Portfolio,
  type Positions,
  portfolioKey,
  positionKey,
  unrealizedIn,
} from './position.ts'
import {
  isSamePortfolio,
  isSamePosition,
  type ReportOrigin,
  reportedPortfolio,
  reportedPosition,
} from './position-report.ts'
import { reject } from './rejections.ts'
import { checkPortfolio, checkPosition, checkReport } from './validate.ts'

export type OrderDecision = Decision<OrderEvent, OrderReply>
export type PositionDecision = Decision<PositionEvent, PositionReply>

interface ReportContext {
  readonly now: Instant
  readonly actor: Actor
  /** Undefined if the room does not exist. */
  readonly room: RoomFacts | undefined
  /** The user that the command names. */
  readonly user: Person
  /** Contains at least that user's. */
  readonly positions: Positions
}

export interface OrderContext extends ReportContext {
  /** The order that the command names. */
  readonly order: OrderState | undefined
  /** The earlier report under the command's executionId, and the offset of its entry. */
  readonly reported: (Execution & { readonly offset: Offset }) | undefined
  /** The offset of the next entry. */
  readonly offset: Offset
  /** The time at which a position moves with the order: not before `now`. */
  readonly movedAt: Instant
}

/** Decides one report on an order. A retry gets the same answer, whatever has happened since. */
export function decideOrder(command: OrderCommand, context: OrderContext): OrderDecision {
  const tradeRoom = tradeRoomOf(context)
  if (tradeRoom.kind !== 'tradeRoom') return tradeRoom
  const { executionId, fingerprint, orderId } = command
  const { reported } = context
  if (reported !== undefined) {
    if (reported.fingerprint === fingerprint) return accept([], { orderId, offset: reported.offset })
    const reason = 'A different report was already sent with this executionId.'
    return reject('IDEMPOTENCY_KEY_REUSED', reason, { field: 'executionId' })
  }
  const report = checkReport(command)
  if (report.kind === 'rejected') return report
  if (tradeRoom.hasEnded && report.execution.type !== 'TRADE') {
    return reject('INVALID_TRANSITION', 'The room has ended: it accepts late fills only.')
  }
  const executed = executeReport(context.order, report, originOf(tradeRoom, context))
  if (executed.kind === 'rejected') return executed

  const { order } = executed
  const execution = { id: executionId, fingerprint }
  const reply = { orderId, offset: context.offset }
  switch (report.execution.type) {
    case 'NEW':
    case 'REPLACED':
      return accept([{ type: 'OrderAccepted', order, execution }], reply)
    case 'REJECTED':
      return accept([{ type: 'OrderFailed', order, execution }], reply)
    case 'CANCELED':
    case 'EXPIRED':
      return accept([{ type: 'OrderCancelled', order, execution }], reply)
    case 'TRADE': {
      const { lastQuantity, lastPrice } = report.execution
      const fill = { side: order.side, quantity: lastQuantity, price: lastPrice }
      const filling = fillOf(order, fill, context)
      if (filling.kind === 'beyond') return rejectBeyond(filling.field)
      const moved = movedTo(filling.position)
      return accept([{ type: 'OrderExecuted', order, execution, lastQuantity, lastPrice, moved }], reply)
    }
  }
}

function fillOf({ roomId, symbol }: OrderState, fill: Fill, context: OrderContext): Filling {
  const { user, positions, movedAt } = context
  const held = positions.get(positionKey(user.id, symbol)) ?? noPosition(roomId, user, symbol, movedAt)
  return fillPosition({ ...held, user, updatedAt: movedAt }, fill)
}

export interface PositionContext extends ReportContext {
  /** Contains at least that user's. */
  readonly portfolios: ReadonlyMap<UserId, Portfolio>
  /** By `positionKey` and `portfolioKey`. */
  readonly times: ReportTimes
}

/** Decides one position or portfolio report: no entry if nothing changes or a later report was already accepted. */
export function decidePosition(command: PositionCommand, context: PositionContext): PositionDecision {
  const tradeRoom = tradeRoomOf(context)
  if (tradeRoom.kind !== 'tradeRoom') return tradeRoom
  const origin = originOf(tradeRoom, context)
  const { userId, reportedAt } = command
  const { times, now } = context
  if (command.kind === 'reportPosition') {
    const checked = checkPosition(command)
    if (checked.kind === 'rejected') return checked
    const position = reportedPosition(checked, origin)
    const { symbol } = position
    const unrealized = unrealizedIn(position)
    if (unrealized !== null && !fits(unrealized)) return rejectBeyond('markPrice')
    const key = positionKey(userId, symbol)
    const held = context.positions.get(key)
    if (held !== undefined && isStale(times, key, reportedAt))
      return accept([], { userId, symbol, stale: true })
    const changes = isSamePosition(held, position) ? [] : [movedTo(position)]
    const noted = reported(times, { subjects: [key], changed: changes.map(() => key), reportedAt, now })
    return accept([...changes, ...noted], { userId, symbol, stale: false })
  }
  const checked = checkPortfolio(command)
  if (checked.kind === 'rejected') return checked
  const portfolio = reportedPortfolio(checked, origin)
  const key = portfolioKey(userId)
  const held = context.portfolios.get(userId)
  const reply = { userId, symbol: null }
  if (held !== undefined && isStale(times, key, reportedAt)) return accept([], { ...reply, stale: true })
  const changes = isSamePortfolio(held, portfolio) ? [] : [{ type: 'PortfolioUpdated', portfolio } as const]
  const noted = reported(times, { subjects: [key], changed: changes.map(() => key), reportedAt, now })
  return accept([...changes, ...noted], { ...reply, stale: false })
}

interface TradeRoom {
  readonly kind: 'tradeRoom'
  readonly roomId: RoomId
  readonly hasEnded: boolean
}

/** The trade room that the actor reports to; a rejection if the actor cannot see it or may not report to it. */
function tradeRoomOf({
  actor,
  room: facts,
}: ReportContext): TradeRoom | Rejected | ReturnType<typeof forbid> {
  if (actor.kind === 'system') return forbid('The server itself cannot report trades.')
  if (facts === undefined || !canSeeRoom(actor, facts.room, membershipOf(actor, facts.memberships))) {
    return reject('NOT_FOUND', 'Room not found.', { field: 'roomId' })
  }
  if (!isPrivileged(actor)) return forbid('Only services and administrators can report trades.')
  if (facts.room.kind !== 'TRADE') {
    return reject('INVALID_INPUT', 'Trades can be reported in TRADE rooms only.', { field: 'roomId' })
  }
  return { kind: 'tradeRoom', roomId: facts.room.id, hasEnded: facts.room.phase === 'ENDED' }
}

function originOf({ roomId }: TradeRoom, { user, now }: ReportContext): ReportOrigin {
  return { roomId, user, now }
}

function rejectBeyond(field: string): Rejected {
  return reject('INVALID_INPUT', 'The value of the position would exceed the largest amount.', { field })
}
