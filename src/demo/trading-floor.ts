import type { Actor } from '../engine/kernel/actor.ts'
import { amount } from '../engine/kernel/amount.ts'
import type { Person } from '../engine/kernel/person.ts'
import { scoreFamily } from '../features/leaderboards/family.ts'
import { asRoomId } from '../features/rooms/ids.ts'
import { orderFamily, positionFamily } from '../features/trading/families.ts'
import { asOrderId, newExecutionId } from '../features/trading/ids.ts'
import { readOpenOrders } from '../features/trading/reads/orders.ts'
import { readPositions } from '../features/trading/reads/positions.ts'
import type { Order } from '../features/trading/rules/order.ts'
import type { Position } from '../features/trading/rules/position.ts'
import type { Services } from '../resolvers/services.ts'
import { HOST, openRoom, pick, type Scene, talk } from './scene.ts'
import { SYMBOLS, VISITORS } from './script.ts'

const ROOM = asRoomId('demo-trade')
/** Reports executions, as a broker's matching engine would. */
const ENGINE: Actor = { kind: 'user', person: HOST, roles: new Set(['USER', 'SERVICE']) }
/** Each visitor's opening balance. */
const CASH = 1_000_000
const MAX_OPEN = 6
const MAX_POSITIONS = 1_000
const LARGEST_ORDER = 20
const CHANCE_OF_TALK = 0.1
const CHANCE_OF_FILL = 0.5
const CHANCE_OF_CANCEL = 0.1
/** The largest price move between two trades. */
const WALK = 0.01

/** Everyone sees all trades: the room's disclosure is ROOM. */
const ALL = () => undefined

/** Visitors send orders, which are filled or cancelled; their equity makes the ranking. */
export function createTradingFloor(services: Services): Scene {
  const { dispatch, database } = services

  async function report(
    order: Pick<Order, 'id' | 'user' | 'symbol' | 'side' | 'quantity' | 'limitPrice'>,
    execution:
      | { readonly executionType: 'NEW' | 'CANCELED' }
      | { readonly executionType: 'TRADE'; readonly lastQuantity: number; readonly lastPrice: number },
  ): Promise<void> {
    const executionId = newExecutionId()
    await dispatch(orderFamily, ROOM, ENGINE, {
      kind: 'reportOrder',
      executionId,
      fingerprint: executionId,
      orderId: order.id,
      userId: order.user.id,
      symbol: order.symbol,
      side: order.side,
      type: 'LIMIT',
      quantity: order.quantity,
      limitPrice: order.limitPrice,
      lastQuantity: null,
      lastPrice: null,
      rejectionReason: null,
      ...execution,
    })
  }

  const readFloor = (): Promise<readonly Position[]> => readPositions(database, ROOM, ALL, MAX_POSITIONS)

  async function send(positions: readonly Position[]): Promise<void> {
    const symbol = pick(SYMBOLS)
    const last = positions.find((position) => position.symbol === symbol.name)?.markPrice ?? symbol.price
    const price = Math.max(1, Math.round(last * (1 + (Math.random() * 2 - 1) * WALK)))
    await report(
      {
        id: asOrderId(newExecutionId()),
        user: pick(VISITORS),
        symbol: symbol.name,
        side: Math.random() < 0.5 ? 'BUY' : 'SELL',
        quantity: amount(1 + Math.floor(Math.random() * LARGEST_ORDER)),
        limitPrice: amount(price),
      },
      { executionType: 'NEW' },
    )
  }

  async function fill(order: Order): Promise<void> {
    const { leavesQuantity, limitPrice, user } = order
    const isWhole = leavesQuantity === 1 || Math.random() < 0.6
    const lastQuantity = isWhole ? leavesQuantity : Math.ceil(leavesQuantity / 2)
    await report(order, { executionType: 'TRADE', lastQuantity, lastPrice: limitPrice ?? 1 })
    await tellWorth(user, await readFloor())
  }

  /** The broker derives an account from its positions: it started with CASH. */
  async function tellWorth(user: Person, positions: readonly Position[]): Promise<void> {
    const own = positions.filter((position) => position.user.id === user.id)
    const realizedPnl = sum(own.map((position) => position.realizedPnl))
    const unrealizedPnl = sum(own.map((position) => position.unrealizedPnl ?? 0))
    const held = sum(own.map(({ quantity, markPrice }) => quantity * (markPrice ?? 0)))
    const equity = CASH + realizedPnl + unrealizedPnl
    await dispatch(positionFamily, ROOM, ENGINE, {
      kind: 'reportPortfolio',
      userId: user.id,
      cash: equity - held,
      equity,
      realizedPnl,
      unrealizedPnl,
    })
    await dispatch(scoreFamily, ROOM, ENGINE, { kind: 'report', scores: [{ user, score: amount(equity) }] })
  }

  return {
    open: () => openRoom(services, ROOM, 'Demo trading floor', 'TRADE'),
    async act() {
      const { open } = await readOpenOrders(database, ROOM, ALL, MAX_OPEN)
      const oldest = open.at(-1)
      const chance = Math.random()
      if (chance < CHANCE_OF_TALK) await talk(services, ROOM)
      else if (oldest === undefined) await send(await readFloor())
      else if (chance > 1 - CHANCE_OF_CANCEL) await report(oldest, { executionType: 'CANCELED' })
      else if (chance > 1 - CHANCE_OF_CANCEL - CHANCE_OF_FILL || open.length === MAX_OPEN) await fill(oldest)
      else await send(await readFloor())
    },
  }
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, each) => total + each, 0)
}
