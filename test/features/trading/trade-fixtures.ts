import type { Actor } from '../../../src/engine/kernel/actor.ts'
import type { Instant } from '../../../src/engine/kernel/instant.ts'
import { advance, asOffset, type Offset } from '../../../src/engine/kernel/position.ts'
import type { RoomFacts } from '../../../src/features/rooms/rules/room.ts'
import { asOrderId } from '../../../src/features/trading/ids.ts'
import type { OrderCommand, PositionCommand } from '../../../src/features/trading/rules/command.ts'
import {
  decideOrder,
  decidePosition,
  type OrderDecision,
  type PositionDecision,
} from '../../../src/features/trading/rules/decide.ts'
import {
  evolveOrders,
  evolvePositions,
  type Holdings,
  type OrderBook,
} from '../../../src/features/trading/rules/evolve.ts'
import { type Order, orderOf } from '../../../src/features/trading/rules/order.ts'
import { type Position, positionKey, positionOf } from '../../../src/features/trading/rules/position.ts'
import { eventsOf, max, mia, NOW, roomWith, service } from '../rooms/room.fixture.ts'

/** A trade room and its people. */
export interface Traded extends OrderBook, Holdings {
  readonly head: Offset
}

export const NOTHING_TRADED: Traded = {
  ...{ orders: new Map(), executions: new Map(), positions: new Map(), portfolios: new Map() },
  times: new Map(),
  head: asOffset(0),
}

export const tradeRoom = (change: Partial<RoomFacts['room']> = {}): RoomFacts =>
  roomWith({ kind: 'TRADE', ...change })

let reports = 0

/** A report of its own on the order `o1` of mia: to buy 10000 of ACME. */
export function report(change: Partial<OrderCommand> = {}): OrderCommand {
  reports += 1
  return {
    kind: 'reportOrder',
    executionId: `execution ${reports}`,
    fingerprint: `report ${reports}`,
    orderId: asOrderId('o1'),
    userId: mia.person.id,
    symbol: 'ACME',
    side: 'BUY',
    type: 'LIMIT',
    executionType: 'NEW',
    quantity: 10_000,
    limitPrice: null,
    lastQuantity: null,
    lastPrice: null,
    rejectionReason: null,
    ...change,
  }
}

export function trade(
  lastQuantity: number,
  lastPrice: number,
  change: Partial<OrderCommand> = {},
): OrderCommand {
  return report({ executionType: 'TRADE', lastQuantity, lastPrice, ...change })
}

/** A fill of an order of its own, large enough for any. */
export function fill(
  side: 'BUY' | 'SELL',
  lastQuantity: number,
  lastPrice: number,
  symbol = 'ACME',
): OrderCommand {
  const orderId = asOrderId(`order ${reports + 1}`)
  return trade(lastQuantity, lastPrice, { orderId, side, symbol, quantity: lastQuantity })
}

type StatePosition = Extract<PositionCommand, { readonly kind: 'reportPosition' }>
type StatePortfolio = Extract<PositionCommand, { readonly kind: 'reportPortfolio' }>

export function statePosition(change: Partial<StatePosition> = {}): StatePosition {
  return {
    ...{ kind: 'reportPosition', userId: mia.person.id, symbol: 'ACME', quantity: 10 },
    ...{ averageEntryPrice: null, markPrice: null, realizedPnl: null },
    ...change,
  }
}

export function statePortfolio(change: Partial<StatePortfolio> = {}): StatePortfolio {
  return {
    ...{ kind: 'reportPortfolio', userId: mia.person.id, cash: 100, equity: 250 },
    ...{ realizedPnl: null, unrealizedPnl: null },
    ...change,
  }
}

/** Who gives a command, and where; a service in a trade room where nothing is said. */
export interface Scene {
  readonly actor?: Actor
  readonly room?: RoomFacts | undefined
  /** When the positions were last written, where that is later than now. */
  readonly movedAt?: Instant
}

const KNOWN = new Map([mia, max].map(({ person }) => [person.id, person]))

function contextIn(traded: Traded, command: OrderCommand | PositionCommand, scene: Scene) {
  const { userId } = command
  const user = KNOWN.get(userId) ?? { id: userId, name: userId }
  const place = { actor: service, room: tradeRoom(), ...scene }
  return { ...traded, ...place, now: NOW, user }
}

export function decideReport(traded: Traded, command: OrderCommand, scene: Scene = {}): OrderDecision {
  return decideOrder(command, {
    ...contextIn(traded, command, scene),
    order: traded.orders.get(command.orderId),
    reported: traded.executions.get(command.executionId),
    offset: advance(traded.head),
    movedAt: scene.movedAt ?? NOW,
  })
}

export function decideStatement(
  traded: Traded,
  command: PositionCommand,
  scene: Scene = {},
): PositionDecision {
  return decidePosition(command, contextIn(traded, command, scene))
}

/** What a statement adds to the history: its events but for the private ones. */
export function entriesOf(decision: PositionDecision) {
  return eventsOf(decision).filter((event) => event.type !== 'Reported')
}

/** The room after the commands, of which each that is refused changes nothing. */
export function tradedBy(
  commands: readonly (OrderCommand | PositionCommand)[],
  before: Traded = NOTHING_TRADED,
): Traded {
  return commands.reduce((traded, command) => {
    if (command.kind !== 'reportOrder') {
      const decision = decideStatement(traded, command)
      return decision.kind === 'accepted' ? decision.events.reduce<Traded>(evolvePositions, traded) : traded
    }
    const decision = decideReport(traded, command)
    if (decision.kind !== 'accepted') return traded
    return decision.events.reduce((state, event) => {
      const head = advance(state.head)
      return { ...evolveOrders(state, event, head), head }
    }, traded)
  }, before)
}

/** The order of this id as it is shown. */
export function orderIn(traded: Traded, id = 'o1'): Order {
  const order = traded.orders.get(asOrderId(id))
  if (order === undefined) throw new Error(`there is no order ${id}`)
  return orderOf(order)
}

/** Mia's position as it is shown. */
export function positionIn(traded: Traded, symbol = 'ACME'): Position {
  const position = traded.positions.get(positionKey(mia.person.id, symbol))
  if (position === undefined) throw new Error(`there is no position in ${symbol}`)
  return positionOf(position)
}
