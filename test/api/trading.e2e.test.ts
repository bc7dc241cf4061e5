import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { asRoomId } from '../../src/features/rooms/ids.ts'
import { asOrderId, globalOrderId } from '../../src/features/trading/ids.ts'
import { type Caller, caughtUp, codeOfEnd, createCaller, type Variables } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { startRestartingNode } from '../support/restarting-node.ts'
import {
  ADD_MEMBER,
  CREATE_ROOM,
  END_ROOM,
  JOIN_ROOM,
  LEAVE_ROOM,
  OPEN_DIRECT_ROOM,
  REMOVE_MEMBER,
  type RoomAnswer,
  UPDATE_ROOM,
} from './room-documents.ts'
import {
  ORDER_NODE,
  ORDERS,
  ORDERS_QUERY,
  type Order,
  type OrderAnswer,
  type OrderEntry,
  PORTFOLIOS_QUERY,
  POSITIONS,
  POSITIONS_QUERY,
  type Portfolio,
  type PortfolioAnswer,
  type Position,
  type PositionAnswer,
  type PositionEntry,
  REPORT_ORDER,
  REPORT_PORTFOLIO,
  REPORT_POSITION,
} from './trade-documents.ts'

let node: TestNode
let engine: Caller
let owner: Caller
let ann: Caller
let bob: Caller
let stranger: Caller
let visitor: Caller

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  engine = await createCaller(node, 'engine', ['service'])
  owner = await createCaller(node, 'olga')
  ann = await createCaller(node, 'ann')
  bob = await createCaller(node, 'bob')
  stranger = await createCaller(node, 'stranger')
  visitor = await createCaller(node)
})

afterAll(async () => {
  for (const each of [engine, owner, ann, bob, stranger, visitor]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** A new trade room of which ann and bob are members. */
async function openRoom(input: object = {}): Promise<string> {
  const named = { name: 'A trade room', kind: 'TRADE', visibility: 'PUBLIC', ...input }
  const { room } = await owner.ask<RoomAnswer>(CREATE_ROOM, { input: named })
  for (const { id } of [ann, bob]) await owner.ask(ADD_MEMBER, { roomId: room.id, userId: id })
  return room.id
}

/** A report with an executionId of its own: by default a new order of ann's, to buy 100 of ACME. */
function reportOf(roomId: string, change: object = {}): Variables {
  return {
    input: {
      ...{ executionId: randomUUID(), roomId, orderId: randomUUID(), userId: ann.id, symbol: 'ACME' },
      ...{ side: 'BUY', type: 'LIMIT', executionType: 'NEW', quantity: 100 },
      ...change,
    },
  }
}

function report(roomId: string, change: object = {}, by: Caller = engine): Promise<OrderAnswer> {
  return by.ask<OrderAnswer>(REPORT_ORDER, reportOf(roomId, change))
}

/** A fill of an order of its own. */
function fill(
  roomId: string,
  side: 'BUY' | 'SELL',
  lastQuantity: number,
  lastPrice: number,
  change: object = {},
): Promise<OrderAnswer> {
  const trade = { executionType: 'TRADE', side, quantity: lastQuantity, lastQuantity, lastPrice }
  return report(roomId, { ...trade, ...change })
}

function statePosition(roomId: string, change: object = {}, by: Caller = engine): Promise<PositionAnswer> {
  const input = { roomId, userId: ann.id, symbol: 'ACME', quantity: 10, ...change }
  return by.ask<PositionAnswer>(REPORT_POSITION, { input })
}

function statePortfolio(roomId: string, change: object = {}, by: Caller = engine): Promise<PortfolioAnswer> {
  const input = { roomId, userId: ann.id, cash: 1_000, equity: 1_500, ...change }
  return by.ask<PortfolioAnswer>(REPORT_PORTFOLIO, { input })
}

/** A caller of this name, with a connection of its own, for this test. */
async function callerOfTest(sub?: string, roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, sub, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

interface Followed<Entry> {
  readonly snapshot: Entry
  readonly heard: Recording<Entry>
}

async function follow<Entry>(caller: Caller, document: string, roomId: string): Promise<Followed<Entry>> {
  const heard = caller.record<Entry>(document, { roomId })
  const [snapshot] = await heard.take(1)
  if (snapshot === undefined) throw new Error('no snapshot came')
  return { snapshot, heard }
}

const followOrders = (caller: Caller, roomId: string) => follow<OrderEntry>(caller, ORDERS, roomId)
const followPositions = (caller: Caller, roomId: string) => follow<PositionEntry>(caller, POSITIONS, roomId)

/** What each entry is, and whose. */
const linesOf = (entries: readonly (OrderEntry & PositionEntry)[]): readonly string[] =>
  entries.map(({ __typename, offset, order, position, portfolio }) => {
    return `${offset} ${__typename} ${(order ?? position ?? portfolio)?.user.id ?? ''}`.trim()
  })

describe('reportOrder', () => {
  test('answers with the order and the cursor of its entry', async () => {
    const roomId = await openRoom()
    const { snapshot, heard } = await followOrders(ann, roomId)
    expect(snapshot).toMatchObject({ __typename: 'OrdersSnapshot', offset: 0, reset: false, open: [] })
    const answer = await report(roomId, { orderId: 'o1', type: 'STOP_LIMIT', limitPrice: 55 })
    expect(answer.order).toMatchObject({
      ...{ orderId: 'o1', roomId, user: { id: 'ann', name: 'ann' }, symbol: 'ACME', side: 'BUY' },
      ...{ type: 'STOP_LIMIT', status: 'NEW', quantity: 100, filledQuantity: 0, leavesQuantity: 100 },
      ...{ limitPrice: 55, averagePrice: null, rejectionReason: null },
    })
    const [, entry] = await heard.take(2)
    expect(entry).toMatchObject({
      ...{ __typename: 'OrderAccepted', offset: 1, cursor: answer.cursor, order: answer.order },
    })
    heard.stop()
  })

  test('tells of each execution by its own entry, and of a fill in the positions, too', async () => {
    const roomId = await openRoom()
    const orders = await followOrders(ann, roomId)
    const positions = await followPositions(ann, roomId)
    const order = { orderId: 'o1', quantity: 10_000 }
    await report(roomId, order)
    await report(roomId, { ...order, executionType: 'REPLACED' })
    const trade = { ...order, executionId: 'x1', executionType: 'TRADE', lastQuantity: 5_000, lastPrice: 20 }
    const filled = await report(roomId, trade)
    expect(filled.order).toMatchObject({
      status: 'PARTIALLY_FILLED',
      leavesQuantity: 5_000,
      averagePrice: 20,
    })
    await report(roomId, { ...order, executionType: 'CANCELED' })
    const late = await report(roomId, {
      ...order,
      executionType: 'TRADE',
      lastQuantity: 4_000,
      lastPrice: 30,
    })
    expect(late.order).toMatchObject({ status: 'CANCELED', filledQuantity: 9_000, leavesQuantity: 0 })
    const failed = { orderId: 'o2', executionType: 'REJECTED', rejectionReason: 'No credit' }
    expect(await report(roomId, failed)).toMatchObject({ order: { rejectionReason: 'No credit' } })
    await report(roomId, { orderId: 'o3', executionType: 'EXPIRED' })

    const [, , , third, ...rest] = await orders.heard.take(8)
    expect(third).toMatchObject({
      ...{ __typename: 'OrderExecuted', offset: 3, cursor: filled.cursor, order: filled.order },
      ...{ executionId: 'x1', lastQuantity: 5_000, lastPrice: 20 },
    })
    expect(linesOf(rest)).toEqual([
      '4 OrderCancelled ann',
      '5 OrderExecuted ann',
      '6 OrderFailed ann',
      '7 OrderCancelled ann',
    ])
    const [, first, second] = await positions.heard.take(3)
    expect(first).toMatchObject({
      ...{ __typename: 'PositionUpdated', offset: 1 },
      position: {
        user: { id: 'ann' },
        quantity: 5_000,
        averageEntryPrice: 20,
        markPrice: 20,
        unrealizedPnl: 0,
      },
    })
    expect(second).toMatchObject({ offset: 2, position: { quantity: 9_000, averageEntryPrice: 24 } })
    expect(second?.position?.unrealizedPnl).toBe(50_000)
    orders.heard.stop()
    positions.heard.stop()
  })

  test('of one executionId takes effect once, however many send it at once', async () => {
    const roomId = await openRoom()
    const { heard } = await followPositions(ann, roomId)
    const trade = { executionType: 'TRADE', quantity: 10, lastQuantity: 5, lastPrice: 7 }
    const input = { executionId: 'x', orderId: 'o', ...trade }
    const answers = await Promise.all(Array.from({ length: 20 }, () => report(roomId, input)))
    expect(new Set(answers.map(({ cursor }) => cursor)).size).toBe(1)
    expect(new Set(answers.map(({ order }) => order.filledQuantity))).toEqual(new Set([5]))
    const next = await report(roomId, { ...input, executionId: 'y' })
    expect(linesOf(await heard.take(3))).toEqual([
      '0 PositionsSnapshot',
      '1 PositionUpdated ann',
      '2 PositionUpdated ann',
    ])
    heard.stop()
    // Later, too, a repetition answers with the first entry, and with the order as it is now.
    const again = await report(roomId, input)
    expect(again.cursor).toBe(answers[0]?.cursor)
    expect(again.order).toEqual(next.order)
    expect(await engine.ask<readonly Position[]>(POSITIONS_QUERY, { roomId })).toMatchObject([
      { quantity: 10 },
    ])
  })

  test('of one executionId with other content is refused, and so it is for another service', async () => {
    const roomId = await openRoom()
    const input = { executionId: 'x', orderId: 'o' }
    const { cursor } = await report(roomId, input)
    const refusal = { code: 'IDEMPOTENCY_KEY_REUSED', field: 'executionId' }
    expect(await report(roomId, { ...input, quantity: 101 })).toMatchObject(refusal)
    const other = await callerOfTest('another engine', ['service'])
    expect(await report(roomId, { ...input, quantity: 101 }, other)).toMatchObject(refusal)
    expect(await report(roomId, input, other)).toMatchObject({ cursor })
    expect(await report(await openRoom(), { ...input, quantity: 101 })).toMatchObject({
      order: { orderId: 'o' },
    })
  })

  test('makes a user whom nobody has seen', async () => {
    const roomId = await openRoom()
    const userId = `unseen ${randomUUID()}`
    expect(await report(roomId, { userId, quantity: 0 })).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await ann.ask(OPEN_DIRECT_ROOM, { userId })).toMatchObject({ code: 'NOT_FOUND' })
    const { order } = await report(roomId, { userId })
    expect(order.user).toEqual({ id: userId, name: userId })
    expect(await ann.ask(OPEN_DIRECT_ROOM, { userId })).not.toHaveProperty('code')
    const stated = `unseen ${randomUUID()}`
    await statePortfolio(roomId, { userId: stated })
    expect(await ann.ask(OPEN_DIRECT_ROOM, { userId: stated })).not.toHaveProperty('code')
    await owner.ask(ADD_MEMBER, { roomId, userId })
    const named = await node.token(userId, { name: 'Una' })
    const una = await callerOfTest(userId)
    expect(await una.ask<readonly Order[]>(ORDERS_QUERY, { roomId })).toHaveLength(1)
    // From the first token on everybody sees the name.
    const response = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${named}` },
      body: JSON.stringify({ query: '{ viewer { user { name } } }' }),
    })
    expect(response.status).toBe(200)
    await expect
      .poll(async () => (await engine.ask<readonly Order[]>(ORDERS_QUERY, { roomId }))[0]?.user.name)
      .toBe('Una')
  })

  test.for([
    { code: 'INVALID_INPUT', field: 'executionId', change: { executionId: '' } },
    { code: 'INVALID_INPUT', field: 'orderId', change: { orderId: 'x'.repeat(129) } },
    { code: 'INVALID_INPUT', field: 'userId', change: { userId: '' } },
    { code: 'INVALID_INPUT', field: 'symbol', change: { symbol: 'a\0b' } },
    { code: 'INVALID_INPUT', field: 'quantity', change: { quantity: 0 } },
    { code: 'INVALID_INPUT', field: 'limitPrice', change: { limitPrice: -1 } },
    { code: 'INVALID_INPUT', field: 'lastQuantity', change: { executionType: 'TRADE', lastPrice: 1 } },
    { code: 'INVALID_INPUT', field: 'lastPrice', change: { executionType: 'TRADE', lastQuantity: 1 } },
    {
      ...{ code: 'INVALID_INPUT', field: 'lastQuantity' },
      change: { executionType: 'TRADE', lastQuantity: 101, lastPrice: 1 },
    },
    {
      ...{ code: 'INVALID_INPUT', field: 'rejectionReason' },
      change: { executionType: 'REJECTED', rejectionReason: 'a\0b' },
    },
    { code: 'INVALID_INPUT', field: 'roomId', change: { roomId: 'global' } },
    { code: 'NOT_FOUND', field: 'roomId', change: { roomId: 'nowhere' } },
    { code: 'NOT_FOUND', field: 'roomId', change: { roomId: 'admin' } },
  ])('refuses $change as $code, field $field', async ({ code, field, change }) => {
    expect(await report(await openRoom(), change)).toMatchObject({ code, field })
  })

  test('refuses for a known order another user, symbol or side, and what comes after its end', async () => {
    const roomId = await openRoom()
    await report(roomId, { orderId: 'o' })
    for (const change of [{ userId: bob.id }, { symbol: 'OTHER' }, { side: 'SELL' }]) {
      const [field] = Object.keys(change)
      expect(await report(roomId, { orderId: 'o', ...change })).toMatchObject({
        code: 'INVALID_INPUT',
        field,
      })
    }
    await report(roomId, { orderId: 'o', executionType: 'CANCELED' })
    expect(await report(roomId, { orderId: 'o' })).toMatchObject({ code: 'INVALID_TRANSITION' })
    expect(await engine.ask<readonly Order[]>(ORDERS_QUERY, { roomId })).toMatchObject([
      { status: 'CANCELED' },
    ])
  })

  test('refuses what no amount can hold, and changes nothing', async () => {
    const roomId = await openRoom()
    const most = Number.MAX_SAFE_INTEGER
    await fill(roomId, 'BUY', most, 1)
    expect(await fill(roomId, 'BUY', 1, 1)).toMatchObject({ code: 'INVALID_INPUT', field: 'lastQuantity' })
    expect(await fill(roomId, 'SELL', 1, 3)).toMatchObject({ code: 'INVALID_INPUT', field: 'lastPrice' })
    expect(await engine.ask(ORDERS_QUERY, { roomId })).toHaveLength(1)
    await fill(roomId, 'SELL', most, 2)
    expect(await engine.ask(POSITIONS_QUERY, { roomId })).toMatchObject([{ quantity: 0, realizedPnl: most }])
  })

  test('takes nothing but late fills when the room has ended', async () => {
    const roomId = await openRoom()
    await owner.ask(END_ROOM, { roomId })
    expect(await report(roomId)).toMatchObject({ code: 'INVALID_TRANSITION' })
  })
})

describe('reports', () => {
  const inputs = async (): Promise<readonly (readonly [string, Variables])[]> => {
    const roomId = await openRoom()
    return [
      [REPORT_ORDER, reportOf(roomId)],
      [REPORT_POSITION, { input: { roomId, userId: ann.id, symbol: 'ACME', quantity: 1 } }],
      [REPORT_PORTFOLIO, { input: { roomId, userId: ann.id, cash: 1, equity: 1 } }],
    ]
  }

  test('are for services and administrators: not for members, nor for who moderates', async () => {
    const admin = await callerOfTest('an administrator', ['admin'])
    const moderator = await callerOfTest('a moderator', ['moderator'])
    for (const [document, variables] of await inputs()) {
      for (const each of [ann, owner, moderator, stranger]) {
        expect(await each.refusal(document, variables)).toBe('FORBIDDEN')
      }
      expect(await visitor.refusal(document, variables)).toBe('UNAUTHENTICATED')
      expect(await admin.ask(document, variables)).not.toHaveProperty('code')
    }
  })

  test('on a room that the caller may not see are NOT_FOUND, for every role', async () => {
    const roomId = await openRoom({ visibility: 'MEMBERS' })
    for (const [document, { input }] of await inputs()) {
      const hidden = { input: { ...(input as object), roomId } }
      for (const each of [stranger, await callerOfTest('a moderator', ['moderator'])]) {
        expect(await each.ask(document, hidden)).toMatchObject({ code: 'NOT_FOUND', field: 'roomId' })
      }
      expect(await ann.refusal(document, hidden)).toBe('FORBIDDEN')
      expect(await engine.ask(document, hidden)).not.toHaveProperty('code')
    }
  })

  test('at the same time, of fills and of positions, each follow from the one before', async () => {
    const roomId = await openRoom()
    const begin = await followPositions(engine, roomId)
    begin.heard.stop()
    const stated = Array.from({ length: 30 }, (_, index) => 1_000 * (index + 1))
    const answers = await Promise.all([
      ...Array.from({ length: 60 }, () => fill(roomId, 'BUY', 1, 10)),
      ...stated.map((quantity) => statePosition(roomId, { quantity, averageEntryPrice: 10 })),
      ...stated.map((cash) => statePortfolio(roomId, { cash })),
      ...Array.from({ length: 60 }, () => fill(roomId, 'BUY', 1, 10)),
    ])
    expect(answers.filter(({ code }) => code !== undefined)).toEqual([])
    const { snapshot, heard } = await followPositions(engine, roomId)
    heard.stop()
    expect(snapshot.offset).toBe(180)
    const replay = engine.record<PositionEntry>(POSITIONS, { roomId, after: begin.snapshot.cursor })
    const moves = (await replay.take(180)).flatMap(({ position }) => position ?? [])
    replay.stop()
    let isAt = 0
    for (const { quantity } of moves) {
      expect([isAt + 1, ...stated]).toContain(quantity)
      isAt = quantity
    }
    expect(snapshot.positions).toMatchObject([{ quantity: isAt, averageEntryPrice: 10 }])
  })
})

describe('reportPosition', () => {
  test('takes the place of what trades came to, by an entry of its own', async () => {
    const roomId = await openRoom()
    await fill(roomId, 'BUY', 10, 100)
    const { snapshot, heard } = await followPositions(ann, roomId)
    expect(snapshot).toMatchObject({ offset: 1, positions: [{ quantity: 10, averageEntryPrice: 100 }] })
    const stated = { quantity: 15, averageEntryPrice: 105, markPrice: 100, realizedPnl: 75 }
    const answer = await statePosition(roomId, stated)
    expect(answer.position).toMatchObject({ ...stated, unrealizedPnl: -75 })
    const [, entry] = await heard.take(2)
    expect(entry).toMatchObject({ __typename: 'PositionUpdated', offset: 2, cursor: answer.cursor })
    expect(entry?.position).toEqual(answer.position)
    await fill(roomId, 'SELL', 15, 100)
    const [, , closed] = await heard.take(3)
    expect(closed).toMatchObject({ __typename: 'PositionClosed', position: { quantity: 0, realizedPnl: 0 } })
    heard.stop()
  })

  test('that says what is so already is no entry, and answers the same', async () => {
    const roomId = await openRoom()
    const first = await statePosition(roomId, { averageEntryPrice: 5 })
    expect(await statePosition(roomId, { averageEntryPrice: 5 })).toEqual(first)
    const other = await statePosition(roomId, { averageEntryPrice: 6 })
    expect(other.cursor).not.toBe(first.cursor)
  })

  test('without prices says that they are not known', async () => {
    const { position } = await statePosition(await openRoom(), { quantity: -3 })
    expect(position).toMatchObject({
      ...{ quantity: -3, averageEntryPrice: null, markPrice: null, realizedPnl: 0, unrealizedPnl: null },
    })
  })

  test.for([
    { code: 'INVALID_INPUT', field: 'userId', change: { userId: 'x'.repeat(257) } },
    { code: 'INVALID_INPUT', field: 'symbol', change: { symbol: '' } },
    { code: 'INVALID_INPUT', field: 'averageEntryPrice', change: { averageEntryPrice: -1 } },
    { code: 'INVALID_INPUT', field: 'markPrice', change: { markPrice: -1 } },
    {
      ...{ code: 'INVALID_INPUT', field: 'markPrice' },
      change: { quantity: Number.MAX_SAFE_INTEGER, averageEntryPrice: 0, markPrice: 2 },
    },
    { code: 'INVALID_INPUT', field: 'roomId', change: { roomId: 'global' } },
    { code: 'NOT_FOUND', field: 'roomId', change: { roomId: 'nowhere' } },
  ])('refuses $change as $code, field $field', async ({ code, field, change }) => {
    expect(await statePosition(await openRoom(), change)).toMatchObject({ code, field })
  })
})

describe('reportPortfolio', () => {
  test('answers with the portfolio and the cursor of its entry', async () => {
    const roomId = await openRoom()
    const { heard } = await followPositions(ann, roomId)
    const answer = await statePortfolio(roomId, { cash: -20, realizedPnl: 75, unrealizedPnl: -75 })
    expect(answer.portfolio).toMatchObject({
      ...{ roomId, user: { id: 'ann' }, cash: -20, equity: 1_500, realizedPnl: 75, unrealizedPnl: -75 },
    })
    const [, entry] = await heard.take(2)
    expect(entry).toMatchObject({ __typename: 'PortfolioUpdated', offset: 1, cursor: answer.cursor })
    expect(entry?.portfolio).toEqual(answer.portfolio)
    heard.stop()
    const again = await followPositions(ann, roomId)
    expect(again.snapshot).toMatchObject({ offset: 1, positions: [], portfolios: [answer.portfolio] })
    again.heard.stop()
  })

  test('that says what is so already is no entry, and answers the same', async () => {
    const roomId = await openRoom()
    const first = await statePortfolio(roomId)
    expect(first.portfolio).toMatchObject({ realizedPnl: 0, unrealizedPnl: 0 })
    expect(await statePortfolio(roomId, { realizedPnl: 0 })).toEqual(first)
  })

  test.for([
    { code: 'INVALID_INPUT', field: 'userId', change: { userId: '' } },
    { code: 'INVALID_INPUT', field: 'roomId', change: { roomId: 'global' } },
    { code: 'NOT_FOUND', field: 'roomId', change: { roomId: 'nowhere' } },
  ])('refuses $change as $code, field $field', async ({ code, field, change }) => {
    expect(await statePortfolio(await openRoom(), change)).toMatchObject({ code, field })
  })
})

describe('orders and positions', () => {
  test('are listed with what has ended; a snapshot holds the open orders', async () => {
    const roomId = await openRoom()
    await report(roomId, { orderId: 'open' })
    await fill(roomId, 'BUY', 5, 100, { orderId: 'half', quantity: 10 })
    await fill(roomId, 'SELL', 5, 100, { orderId: 'filled' })
    await report(roomId, { orderId: 'failed', executionType: 'REJECTED' })
    const listed = await ann.ask<readonly Order[]>(ORDERS_QUERY, { roomId })
    expect(listed.map(({ orderId }) => orderId)).toEqual(['failed', 'filled', 'half', 'open'])
    const { snapshot, heard } = await followOrders(ann, roomId)
    expect(snapshot).toMatchObject({ offset: 4, open: [{ orderId: 'half' }, { orderId: 'open' }] })
    heard.stop()
    expect(await ann.ask(POSITIONS_QUERY, { roomId })).toMatchObject([{ symbol: 'ACME', quantity: 0 }])
  })

  test('resume after any cursor with exactly what came since', async () => {
    const roomId = await openRoom()
    const answers: OrderAnswer[] = []
    for (let index = 1; index <= 6; index += 1) answers.push(await fill(roomId, 'BUY', index, 10))
    const orders = await followOrders(ann, roomId)
    const positions = await followPositions(ann, roomId)
    orders.heard.stop()
    positions.heard.stop()
    const begin = answers[0]?.cursor
    const replay = ann.record<OrderEntry>(ORDERS, { roomId, after: begin })
    const replayed = await replay.take(5)
    expect(replayed.map(({ cursor }) => cursor)).toEqual(answers.slice(1).map(({ cursor }) => cursor))
    for (const [at, { cursor }] of replayed.entries()) {
      const rest = ann.record<OrderEntry>(ORDERS, { roomId, after: cursor })
      await rest.take(4 - at)
      await caughtUp(ann)
      expect(rest.values).toEqual(replayed.slice(at + 1))
      rest.stop()
    }
    replay.stop()

    await fill(roomId, 'SELL', 21, 10)
    const since = ann.record<PositionEntry>(POSITIONS, { roomId, after: positions.snapshot.cursor })
    expect(linesOf(await since.take(1))).toEqual(['7 PositionClosed ann'])
    since.stop()
  })

  test('hand over from a snapshot while trades go on, without a gap and without a repetition', async () => {
    const roomId = await openRoom()
    let isOver = false
    const trading = (async () => {
      for (let index = 0; index < 40; index += 1) await fill(roomId, 'BUY', 1, 10)
      isOver = true
    })()
    const listener = await callerOfTest('ann')
    const readers: Followed<PositionEntry>[] = []
    while (!isOver && readers.length < 60) readers.push(await followPositions(listener, roomId))
    await trading
    for (const { snapshot, heard } of readers) {
      const rest = (await heard.take(40 - snapshot.offset + 1)).slice(1)
      const held = snapshot.positions?.[0]?.quantity ?? 0
      expect(held).toBe(snapshot.offset)
      expect(rest.map(({ position }) => position?.quantity)).toEqual(rest.map((_, index) => held + index + 1))
      heard.stop()
    }
  })

  test('of a room that is out of sight are none to queries, and NOT_FOUND to subscriptions', async () => {
    const roomId = await openRoom({ visibility: 'MEMBERS' })
    await fill(roomId, 'BUY', 1, 10)
    await statePortfolio(roomId)
    for (const each of [stranger, visitor]) {
      for (const asked of [roomId, 'nowhere']) {
        for (const document of [ORDERS_QUERY, POSITIONS_QUERY, PORTFOLIOS_QUERY]) {
          expect(await each.ask(document, { roomId: asked })).toEqual([])
        }
        for (const document of [ORDERS, POSITIONS]) {
          expect(await codeOfEnd(each.record(document, { roomId: asked }))).toBe('NOT_FOUND')
        }
      }
    }
  })

  test('of a room where nothing is traded are none', async () => {
    const { snapshot, heard } = await followOrders(visitor, 'global')
    expect(snapshot).toMatchObject({ offset: 0, open: [] })
    heard.stop()
    expect(await ann.ask(ORDERS_QUERY, { roomId: 'global' })).toEqual([])
  })

  test('refuse a cursor of another topic of the same room', async () => {
    const roomId = await openRoom()
    const { cursor } = await report(roomId)
    const { cursor: other } = await statePortfolio(roomId)
    expect(await codeOfEnd(ann.record(POSITIONS, { roomId, after: cursor }))).toBe('CURSOR_INVALID')
    expect(await codeOfEnd(ann.record(ORDERS, { roomId, after: other }))).toBe('CURSOR_INVALID')
    expect(await codeOfEnd(ann.record(ORDERS, { roomId, after: 'no cursor' }))).toBe('CURSOR_INVALID')
  })
})

const idsOf = (found: readonly { readonly user: { readonly id: string } }[]): string =>
  [...new Set(found.map(({ user }) => user.id))].sort().join(' ')

/** That somebody sees what is traded by `ids`, and nothing else, by every way there is. */
async function expectSeen(caller: Caller, roomId: string, begin: Begin, ids: string): Promise<void> {
  const replays = [
    caller.record<OrderEntry>(ORDERS, { roomId, after: begin.orders }),
    caller.record<PositionEntry>(POSITIONS, { roomId, after: begin.positions }),
  ]
  const replayed = () =>
    replays.map(({ values }) => {
      return idsOf(
        values.flatMap((entry: OrderEntry & PositionEntry) => {
          // Where rights have changed since the cursor, a snapshot comes first.
          const { open = [], positions: held = [], portfolios = [] } = entry
          return entry.order ?? entry.position ?? entry.portfolio ?? [...open, ...held, ...portfolios]
        }),
      )
    })
  const orders = await followOrders(caller, roomId)
  const positions = await followPositions(caller, roomId)
  const lists = [
    await caller.ask<readonly Order[]>(ORDERS_QUERY, { roomId }),
    await caller.ask<readonly Position[]>(POSITIONS_QUERY, { roomId }),
    await caller.ask<readonly Portfolio[]>(PORTFOLIOS_QUERY, { roomId }),
  ]
  const nodes = await Promise.all(
    begin.orderIds.map(async (number) => {
      const id = globalOrderId({ roomId: asRoomId(roomId), id: asOrderId(number) })
      const { data } = await caller.answer(ORDER_NODE, { id })
      return (data as { readonly node: Order | null }).node ?? []
    }),
  )
  await expect.poll(replayed, { timeout: 10_000 }).toEqual([ids, ids])
  await caughtUp(caller)
  const { open = [] } = orders.snapshot
  const { positions: held = [], portfolios: accounts = [] } = positions.snapshot
  const seen = { lists: lists.map(idsOf), snapshots: [open, held, accounts].map(idsOf) }
  expect({ ...seen, nodes: idsOf(nodes.flat()), replayed: replayed() }).toEqual({
    ...{ lists: [ids, ids, ids], snapshots: [ids, ids, ids], nodes: ids, replayed: [ids, ids] },
  })
  for (const { heard } of [orders, positions]) heard.stop()
  for (const replay of replays) replay.stop()
}

interface Begin {
  readonly orders: string
  readonly positions: string
  readonly orderIds: readonly string[]
}

/** A room where ann and bob each have an open order, a position and a portfolio. */
async function tradedRoom(input: object = {}): Promise<{ readonly roomId: string; readonly begin: Begin }> {
  const roomId = await openRoom(input)
  const orders = await followOrders(engine, roomId)
  const positions = await followPositions(engine, roomId)
  const orderIds = [randomUUID(), randomUUID()]
  for (const [index, { id: userId }] of [ann, bob].entries()) {
    await fill(roomId, 'BUY', 5, 10, { orderId: orderIds[index], userId, quantity: 10 })
    await statePortfolio(roomId, { userId })
  }
  orders.heard.stop()
  positions.heard.stop()
  return { roomId, begin: { orders: orders.snapshot.cursor, positions: positions.snapshot.cursor, orderIds } }
}

describe('a trade room that discloses OWN', () => {
  test('is the default: members see their own, by queries, snapshots, replays and ids', async () => {
    const { roomId, begin } = await tradedRoom()
    await expectSeen(ann, roomId, begin, 'ann')
    await expectSeen(bob, roomId, begin, 'bob')
  })

  test('shows all to who moderates it, to administrators and to services', async () => {
    const { roomId, begin } = await tradedRoom()
    const everybody = [
      owner,
      engine,
      await callerOfTest('a moderator', ['moderator']),
      await callerOfTest('an administrator', ['admin']),
    ]
    for (const each of everybody) await expectSeen(each, roomId, begin, 'ann bob')
  })

  test('shows nothing to who is no member, also of what is their own', async () => {
    const { roomId, begin } = await tradedRoom()
    await fill(roomId, 'BUY', 1, 10, { userId: stranger.id })
    for (const each of [stranger, visitor]) await expectSeen(each, roomId, begin, '')
  })

  test('tells each of what is theirs as it happens; offsets skip, cursors do not', async () => {
    const roomId = await openRoom()
    const followers = {
      ann: await callerOfTest('ann'),
      bob: await callerOfTest('bob'),
      'ann bob': await callerOfTest('olga'),
      '': await callerOfTest('stranger'),
    }
    const all = await Promise.all(
      Object.values(followers).map(async (caller) => {
        return [await followOrders(caller, roomId), await followPositions(caller, roomId)] as const
      }),
    )
    const whose = ['ann', 'bob', 'bob', 'ann', 'bob']
    const answers: OrderAnswer[] = []
    for (const userId of whose) answers.push(await fill(roomId, 'BUY', 1, 10, { userId }))
    for (const [index, [ids, caller]] of Object.entries(followers).entries()) {
      const expected = whose.flatMap((id, at) => (ids.split(' ').includes(id) ? [at + 1] : []))
      const [orders, positions] = all[index] ?? []
      const [told, moved] = [
        await orders?.heard.take(expected.length + 1),
        await positions?.heard.take(expected.length + 1),
      ]
      await caughtUp(caller)
      expect([ids, orders?.heard.values.length]).toEqual([ids, expected.length + 1])
      expect(told?.slice(1).map(({ offset }) => offset)).toEqual(expected)
      expect(moved?.slice(1).map(({ offset }) => offset)).toEqual(expected)
      expect(told?.slice(1).map(({ cursor }) => cursor)).toEqual(
        expected.map((at) => answers[at - 1]?.cursor),
      )
    }
  })
})

describe('a trade room that discloses ROOM', () => {
  test('shows all members all, by queries, snapshots, replays and ids', async () => {
    const { roomId, begin } = await tradedRoom({ disclosure: 'ROOM' })
    for (const each of [ann, bob, owner, engine]) {
      await expectSeen(each, roomId, begin, 'ann bob')
    }
  })

  test('shows nothing to who is no member', async () => {
    const { roomId, begin } = await tradedRoom({ disclosure: 'ROOM' })
    for (const each of [stranger, visitor]) await expectSeen(each, roomId, begin, '')
  })

  test('tells all members of all as it happens', async () => {
    const roomId = await openRoom({ disclosure: 'ROOM' })
    const { heard } = await followOrders(await callerOfTest('bob'), roomId)
    const outside = await callerOfTest('stranger')
    const unseen = await followOrders(outside, roomId)
    await report(roomId)
    await report(roomId, { userId: bob.id })
    expect(linesOf((await heard.take(3)).slice(1))).toEqual(['1 OrderAccepted ann', '2 OrderAccepted bob'])
    await caughtUp(outside)
    expect(unseen.heard.values).toHaveLength(1)
  })
})

describe('what somebody sees in a running subscription', () => {
  test('grows and shrinks with the role: from a snapshot with reset on, and in a replay', async () => {
    const { roomId, begin } = await tradedRoom()
    const listener = await callerOfTest('ann')
    const { heard } = await followOrders(listener, roomId)
    const role = (name: string) => owner.ask(ADD_MEMBER, { roomId, userId: ann.id, role: name })
    const ofBob = () => report(roomId, { userId: bob.id })
    await ofBob()
    await role('MODERATOR')
    expect((await heard.take(2))[1]).toMatchObject({ __typename: 'OrdersSnapshot', reset: true })
    const seen = await ofBob()
    expect((await heard.take(3))[2]?.cursor).toBe(seen.cursor)
    await expectSeen(ann, roomId, begin, 'ann bob')
    await role('MEMBER')
    expect((await heard.take(4))[3]).toMatchObject({ __typename: 'OrdersSnapshot', reset: true })
    await expectSeen(ann, roomId, begin, 'ann')
    await ofBob()
    const own = await report(roomId)
    expect((await heard.take(5))[4]?.cursor).toBe(own.cursor)
    await caughtUp(listener)
    expect(heard.values).toHaveLength(5)
  })

  test('ends with the membership of a PUBLIC room, and begins again with it', async () => {
    const { roomId, begin } = await tradedRoom()
    const listener = await callerOfTest('ann')
    const orders = await followOrders(listener, roomId)
    const positions = await followPositions(listener, roomId)
    const reset = async (count: number) => {
      expect((await orders.heard.take(count)).at(-1)).toMatchObject({ reset: true })
      expect((await positions.heard.take(count)).at(-1)).toMatchObject({ reset: true })
    }
    await ann.ask(LEAVE_ROOM, { roomId })
    await reset(2)
    await fill(roomId, 'BUY', 1, 10)
    await expectSeen(ann, roomId, begin, '')
    await ann.ask(JOIN_ROOM, { roomId })
    await reset(3)
    const { cursor } = await fill(roomId, 'BUY', 1, 10)
    expect((await orders.heard.take(4))[3]?.cursor).toBe(cursor)
    await positions.heard.take(4)
    await caughtUp(listener)
    expect([orders.heard.values.length, positions.heard.values.length]).toEqual([4, 4])
  })

  test('ends with FORBIDDEN where the room is closed to them', async () => {
    const roomId = await openRoom({ visibility: 'MEMBERS' })
    const listener = await callerOfTest('ann')
    const orders = await followOrders(listener, roomId)
    const positions = await followPositions(listener, roomId)
    await owner.ask(REMOVE_MEMBER, { roomId, userId: ann.id })
    await fill(roomId, 'BUY', 1, 10)
    expect(await codeOfEnd(orders.heard)).toBe('FORBIDDEN')
    expect(await codeOfEnd(positions.heard)).toBe('FORBIDDEN')
    expect([orders.heard.values.length, positions.heard.values.length]).toEqual([1, 1])
  })

  test('ends for a moderator by token when the room becomes one of its members', async () => {
    const roomId = await openRoom()
    const moderator = await callerOfTest('a moderator', ['moderator'])
    const { heard } = await followOrders(moderator, roomId)
    await report(roomId)
    await heard.take(2)
    await owner.ask(UPDATE_ROOM, { input: { roomId, visibility: 'MEMBERS' } })
    await report(roomId)
    expect(await codeOfEnd(heard)).toBe('FORBIDDEN')
    expect(heard.values).toHaveLength(2)
  })
})

describe('an order by its id', () => {
  test('is found by who sees it', async () => {
    const roomId = await openRoom()
    const { order } = await report(roomId)
    expect(await ann.ask(ORDER_NODE, { id: order.id })).toEqual({ __typename: 'Order', ...order })
    for (const each of [bob, stranger, visitor]) {
      const { data } = await each.answer(ORDER_NODE, { id: order.id })
      expect(data).toEqual({ node: null })
    }
  })

  test('is another in each room, whatever their numbers', async () => {
    const [first, second] = [await openRoom(), await openRoom()]
    const orderId = randomUUID()
    const reported = [await report(first, { orderId }), await report(second, { orderId })]
    for (const { order } of reported) {
      expect(await ann.ask(ORDER_NODE, { id: order.id })).toEqual({ __typename: 'Order', ...order })
    }
    expect(reported.map(({ order }) => order.roomId)).toEqual([first, second])
  })

  test('may have the id of anything else for its number', async () => {
    const roomId = await openRoom()
    const { order } = await report(roomId, { orderId: roomId })
    expect(order.orderId).toBe(roomId)
    expect(await ann.ask(ORDER_NODE, { id: roomId })).toMatchObject({ __typename: 'Room' })
    expect(await ann.ask(ORDER_NODE, { id: order.id })).toMatchObject({ __typename: 'Order' })
  })
})

describe('a node that was killed and started again', () => {
  test('has every order, position and portfolio, and remembers what was reported', async () => {
    // On the embedded database: the other tests are on PostgreSQL.
    await using restarting = await startRestartingNode()
    await using service = await createCaller(restarting.node, 'engine', ['service'])
    const input = { name: 'A trade room', kind: 'TRADE', visibility: 'PUBLIC', disclosure: 'ROOM' }
    const { room } = await service.ask<RoomAnswer>(CREATE_ROOM, { input })
    const roomId = room.id
    const first = reportOf(roomId, {
      ...{ executionType: 'TRADE', quantity: 3, lastQuantity: 3, lastPrice: 33 },
    })
    const { cursor } = await service.ask<OrderAnswer>(REPORT_ORDER, first)
    await service.ask(REPORT_ORDER, reportOf(roomId))
    await service.ask(REPORT_PORTFOLIO, { input: { roomId, userId: 'ann', cash: 1, equity: 2 } })
    const all = async (caller: Caller) => [
      await caller.ask(ORDERS_QUERY, { roomId }),
      await caller.ask(POSITIONS_QUERY, { roomId }),
      await caller.ask(PORTFOLIOS_QUERY, { roomId }),
    ]
    const before = await all(service)
    await restarting.crash()
    await using again = await createCaller(restarting.node, 'engine', ['service'])
    expect(await all(again)).toEqual(before)
    expect(await again.ask(REPORT_ORDER, first)).toMatchObject({ cursor })
    const held = again.record<PositionEntry>(POSITIONS, { roomId })
    expect((await held.take(1))[0]).toMatchObject({ offset: 2, positions: before[1], portfolios: before[2] })
    const since = again.record<OrderEntry>(ORDERS, { roomId, after: cursor })
    expect(linesOf(await since.take(1))).toEqual(['2 OrderAccepted ann'])
    held.stop()
    since.stop()
  })
})
