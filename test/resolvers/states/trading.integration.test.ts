import { print } from 'graphql'
import {
  OrderPartsFragmentDoc,
  PortfolioPartsFragmentDoc,
  PositionPartsFragmentDoc,
} from '../../../client/src/gql/graphql.ts'
import { liveOrders, type Order } from '../../../client/src/state/orders.ts'
import { livePositions, type PositionsState } from '../../../client/src/state/positions.ts'
import { type Fixture, textAt, viewer } from '../fixtures.ts'
import { follow, fromNow, give, oneOf, type Random, testState } from '../state-property.ts'

const engine = viewer('engine', 'SERVICE')
const TRADERS = ['ann', 'bob', 'cid'].map((name) => viewer(name))
const [ann = engine, bob = engine] = TRADERS
const SYMBOLS = ['ACME', 'INIT', 'ZORG']

const CREATE = `mutation ($disclosure: TradeDisclosure) { createRoom(input: {
  name: "Floor", kind: TRADE, visibility: PUBLIC, disclosure: $disclosure }) { ... on RoomPayload { room { id } } } }`
const ADD = `mutation ($roomId: ID!, $userId: ID!, $role: MemberRole) {
  addMember(roomId: $roomId, userId: $userId, role: $role) { __typename } }`
const LEAVE = 'mutation ($roomId: ID!) { leaveRoom(roomId: $roomId) { __typename } }'
const REMOVE =
  'mutation ($roomId: ID!, $userId: ID!) { removeMember(roomId: $roomId, userId: $userId) { __typename } }'
const ORDER = 'mutation ($input: ReportOrderInput!) { reportOrder(input: $input) { __typename } }'
const POSITION = 'mutation ($input: ReportPositionInput!) { reportPosition(input: $input) { __typename } }'
const PORTFOLIO = 'mutation ($input: ReportPortfolioInput!) { reportPortfolio(input: $input) { __typename } }'
const ORDERS = `query ($roomId: ID!) { orders(roomId: $roomId) { ...OrderParts } } ${print(OrderPartsFragmentDoc)}`
const POSITIONS = `query ($roomId: ID!) {
  positions(roomId: $roomId) { ...PositionParts } portfolios(roomId: $roomId) { ...PortfolioParts } }
  ${print(PositionPartsFragmentDoc)} ${print(PortfolioPartsFragmentDoc)}`

const OPEN = ['NEW', 'PARTIALLY_FILLED']
const EXECUTIONS = [
  'NEW',
  'NEW',
  'NEW',
  'TRADE',
  'TRADE',
  'TRADE',
  'REPLACED',
  'CANCELED',
  'EXPIRED',
  'REJECTED',
]

const isOpen = ({ status }: Order): boolean => OPEN.includes(status)

/** The kit's order; the database has a collation of its own. */
function sorted<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...items].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}

function inOrder({ positions, portfolios }: PositionsState): PositionsState {
  return {
    positions: sorted(positions, ({ symbol, user }) => `${symbol} ${user.id}`),
    portfolios: sorted(portfolios, ({ user }) => user.id),
  }
}

async function openTrading(all: Fixture, random: Random) {
  const disclosure = oneOf(random, ['OWN', 'OWN', 'ROOM'])
  const roomId = textAt(await all.run(engine, CREATE, { disclosure }), 'createRoom', 'room', 'id')
  for (const { user } of TRADERS) await all.run(engine, ADD, { roomId, userId: user.id })
  const followed = [engine, ann, bob].flatMap((reader) => [
    follow(all, random, {
      definition: liveOrders(roomId),
      reader,
      // A snapshot has no others.
      shown: (orders) => orders.filter(isOpen),
      async asked() {
        const { orders } = (await all.run(reader, ORDERS, { roomId })) as {
          readonly orders: readonly Order[]
        }
        const byId = sorted(orders.filter(isOpen), ({ orderId }) => orderId)
        return byId.sort((one, other) => Date.parse(other.updatedAt) - Date.parse(one.updatedAt))
      },
      entries: ['OrderAccepted', 'OrderExecuted', 'OrderFailed', 'OrderCancelled', 'reset'],
    }),
    follow(all, random, {
      definition: livePositions(roomId),
      reader,
      shown: (state) => state,
      asked: async () => inOrder((await all.run(reader, POSITIONS, { roomId })) as PositionsState),
      entries: ['PositionUpdated', 'PositionClosed', 'PortfolioUpdated', 'reset'],
    }),
  ])

  function act(step: number): Promise<unknown> {
    const [what, value, trader, symbol] = [
      random(24),
      random(1000),
      oneOf(random, TRADERS),
      oneOf(random, SYMBOLS),
    ]
    const { id: userId } = trader.user
    const member = { roomId, userId }
    const when = value % 4 === 0 ? { reportedAt: fromNow(-value) } : {}
    if (what < 3) return give(all, engine, ADD, { ...member, role: value % 2 === 0 ? 'MODERATOR' : 'MEMBER' })
    if (what === 3)
      return value % 2 === 0 ? give(all, trader, LEAVE, { roomId }) : give(all, engine, REMOVE, member)
    if (what < 6) {
      const price = value % 3 === 0 ? {} : { averageEntryPrice: value + 1, markPrice: value + 5 }
      return give(all, engine, POSITION, {
        input: { ...member, symbol, quantity: (value % 7) - 3, ...price, ...when },
      })
    }
    if (what < 9) {
      return give(all, engine, PORTFOLIO, {
        input: { ...member, cash: value % 5, equity: value % 3, ...when },
      })
    }
    const executionType = oneOf(random, EXECUTIONS)
    const orderId = `${userId} ${symbol} ${value % (4 + Math.trunc(step / 5))}`
    const fill =
      executionType === 'TRADE' ? { lastQuantity: 1 + (value % 6), lastPrice: 10 + (value % 9) } : {}
    const terms = {
      symbol,
      side: oneOf(() => orderId.length % 2, ['BUY', 'SELL']),
      type: 'MARKET',
      quantity: 12,
    }
    return give(all, engine, ORDER, {
      input: { ...member, orderId, executionId: `${step}`, executionType, ...terms, ...fill },
    })
  }

  return { followed: await Promise.all(followed), act }
}

testState('orders and positions', [engine, ...TRADERS], openTrading)
