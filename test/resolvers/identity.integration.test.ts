import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cache, throughApollo, throughGraphcache, throughRelay } from './caches.ts'
import { type Data, type Fixture, NOW, openFixture, textAt, viewer } from './fixtures.ts'

const olga = viewer('olga')
const engine = viewer('engine', 'SERVICE')
/** The engine numbers its users as it numbers its orders. */
const trader = viewer('42')

const ROOM = `mutation ($kind: RoomKind!) { createRoom(input: { name: "A room", kind: $kind, visibility: PUBLIC }) {
  ... on RoomPayload { room { id } } } }`
const AUCTION = `mutation ($roomId: ID!, $endsAt: DateTime!) { createAuction(input: {
  roomId: $roomId, title: "A lot", currency: "EUR", startingPrice: 100, endsAt: $endsAt }) { ... on AuctionPayload { auction { id } } } }`
const REPORT = `mutation ($roomId: ID!, $symbol: String!, $side: OrderSide!, $userId: ID! = "42", $executionId: ID!) {
  reportOrder(input: { executionId: $executionId, roomId: $roomId, orderId: "42", userId: $userId, symbol: $symbol, side: $side,
    type: MARKET, executionType: NEW, quantity: 5 }) { ... on OrderPayload { order { id } } ... on Rejected { code field } } }`

let all: Fixture & { readonly close: () => Promise<void> }
let rooms: readonly [string, string]
let saleroom: string
let auctionId: string

beforeAll(async () => {
  all = await openFixture(olga, engine, trader)
  const open = async (kind: string) => textAt(await all.run(olga, ROOM, { kind }), 'createRoom', 'room', 'id')
  rooms = [await open('TRADE'), await open('TRADE')]
  const join = 'mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { __typename } }'
  for (const roomId of rooms) await all.run(trader, join, { roomId })
  saleroom = await open('AUCTION')
  const endsAt = new Date(NOW + 86_400_000_000).toISOString()
  const made = await all.run(olga, AUCTION, { roomId: saleroom, endsAt })
  auctionId = textAt(made, 'createAuction', 'auction', 'id')
  await all.run(engine, REPORT, { roomId: rooms[0], symbol: 'AAPL', side: 'BUY', executionId: '1' })
  await all.run(engine, REPORT, { roomId: rooms[1], symbol: 'MSFT', side: 'SELL', executionId: '1' })
})
afterAll(() => all.close())

const ORDER = '{ __typename id orderId roomId symbol side user { __typename id name } }'
const everything = (): string => `query All {
  one: orders(roomId: "${rooms[0]}") ${ORDER}
  other: orders(roomId: "${rooms[1]}") ${ORDER}
  auction(id: "${auctionId}") {
    __typename id cursor
    leaderboard { __typename id auctionId roomId cursor method }
  }
  room(id: "${saleroom}") {
    __typename id name cursor
    leaderboard { __typename id auctionId roomId cursor method }
  }
}`

const CACHES: readonly (readonly [string, Cache])[] = [
  ['Apollo Client', throughApollo],
  ['urql Graphcache', throughGraphcache],
  ['Relay', throughRelay],
]

describe('Two rooms with an order 42, an auction and its leaderboard, and a user 42', () => {
  const answer = async (): Promise<object> => {
    const data = await all.run(trader, everything())
    expect(data).toMatchObject({ one: [{ symbol: 'AAPL' }], other: [{ symbol: 'MSFT' }] })
    return Object(data)
  }

  test.each(CACHES)('stay apart in the cache of %s, without configuration', async (_name, cache) => {
    const data = await answer()
    expect(await cache(everything(), { ...data })).toEqual(data)
  })

  test.each(CACHES)(
    'would not in the cache of %s if orders had their numbers for ids',
    async (_name, cache) => {
      const data = JSON.parse(JSON.stringify(await answer()).replaceAll(/ord_[\w-]+/g, '42'))
      expect(await cache(everything(), { ...data })).not.toEqual(data)
    },
  )
})

describe('An order', () => {
  const order = async (roomId: string, by = engine): Promise<Data> =>
    all.run(by, `query ($roomId: ID!) { order(roomId: $roomId, orderId: "42") ${ORDER} }`, { roomId })

  test('is found by room and number, and by its global id', async () => {
    const found = await order(rooms[1])
    expect(found).toMatchObject({ order: { orderId: '42', symbol: 'MSFT', roomId: rooms[1] } })
    const id = textAt(found, 'order', 'id')
    expect(id).toMatch(/^ord_/)
    expect(
      await all.run(engine, `query ($id: ID!) { node(id: $id) { id ... on Order { symbol } } }`, { id }),
    ).toEqual({ node: { id, symbol: 'MSFT' } })
  })

  test.each(['order(roomId: "room_none", orderId: "42")', 'order(roomId: "global", orderId: "42")'])(
    '%s is null if absent',
    async (field) => expect(await all.run(engine, `{ order: ${field} { id } }`)).toEqual({ order: null }),
  )

  test('is null to those whom it is not disclosed to', async () => {
    const id = textAt(await order(rooms[0]), 'order', 'id')
    const stranger = viewer('stranger')
    expect(await order(rooms[0], stranger)).toEqual({ order: null })
    expect(await all.run(stranger, `query ($id: ID!) { node(id: $id) { id } }`, { id })).toEqual({
      node: null,
    })
    expect(await order(rooms[0], trader)).toMatchObject({ order: { symbol: 'AAPL' } })
  })

  test.each(['42', 'ord_42', 'lb_1', 'arc_1', 'auc_', 'nothing'])(
    'is not what node(id: "%s") finds',
    async (id) => {
      expect(await all.run(trader, `{ node(id: "${id}") { id } }`)).toEqual({ node: null })
    },
  )
})

describe('A leaderboard', () => {
  test('has an id of its own, and names its auction or its room', async () => {
    expect(await all.run(null, everything())).toMatchObject({
      auction: { leaderboard: { id: `lb_${auctionId}`, auctionId, roomId: null } },
      room: { leaderboard: { id: `lb_${saleroom}`, auctionId: null, roomId: saleroom } },
    })
  })
})

describe('A built-in room', () => {
  test.each(['global', 'authenticated', 'admin'])(
    '%s has an id with the prefix of rooms, and is found by either',
    async (name) => {
      const root = viewer('root', 'ADMIN')
      const ask = (id: string): Promise<Data> =>
        all.run(
          root,
          `query ($id: ID!) { room(id: $id) { id name leaderboard { id roomId } } node(id: $id) { __typename id } }`,
          { id },
        )
      const id = `room_${name}`
      const found = {
        room: { id, name, leaderboard: { id: `lb_${id}`, roomId: id } },
        node: { __typename: 'Room', id },
      }
      expect(await ask(id)).toEqual(found)
      expect(await ask(name)).toEqual(found)
    },
  )

  test.each(['global', 'room_global'])(
    'is where "%s" leads messages, receipts and subscriptions',
    async (roomId) => {
      const join = `mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { ... on MembershipPayload { room { id } } } }`
      expect(await all.run(trader, join, { roomId })).toEqual({ joinRoom: { room: { id: 'room_global' } } })
      const send = `mutation ($roomId: ID!) { sendMessage(input: { roomId: $roomId, body: "hi", clientMessageId: "one" }) {
      ... on MessagePayload { message { roomId offset } } } }`
      // By the other id it is the same message again.
      expect(await all.run(trader, send, { roomId })).toEqual({
        sendMessage: { message: { roomId: 'room_global', offset: 1 } },
      })
      for (const field of ['messages', 'roomState', 'leaderboard']) {
        const plan = await all.plan(trader, field, { roomId })
        expect(plan.kind === 'history' && plan.topic).toMatch(/:global$/)
      }
    },
  )

  test('is the same for an idempotency key by either id', async () => {
    const publish = (roomId: string): Promise<Data> =>
      all.run(
        viewer('root', 'ADMIN'),
        `mutation ($roomId: ID) { publishAnnouncement(input: { audience: ROOM, roomId: $roomId,
        severity: INFO, title: "t", body: "b", idempotencyKey: "k" }) { ... on AnnouncementPayload { announcement { id roomId } }
        ... on Rejected { code } } }`,
        { roomId },
      )
    const first = await publish('global')
    expect(first).toMatchObject({ publishAnnouncement: { announcement: { roomId: 'room_global' } } })
    expect(await publish('room_global')).toEqual(first)
  })
})

describe('A user whose id looks like a generated one', () => {
  const [id, refused] = ['auc_1', { code: 'INVALID_INPUT', field: 'userId' }]

  test.each([
    ['creditWallet', `creditWallet(userId: "${id}", currency: "EUR", amount: 1, idempotencyKey: "1")`],
    ['reportStatus', `reportStatus(input: { kind: UPLOAD, subjectId: "1", state: "s", userId: "${id}" })`],
  ])('is not made by %s', async (name, field) => {
    expect(await all.run(engine, `mutation { ${field} { ... on Rejected { code field } } }`)).toEqual({
      [name]: refused,
    })
  })

  test('is not made by a report on an order, a score, an added member or a notification', async () => {
    const roomId = rooms[0]
    expect(
      await all.run(engine, REPORT, { roomId, symbol: 'X', side: 'BUY', executionId: '2', userId: id }),
    ).toEqual({
      reportOrder: refused,
    })
    const others = `mutation ($roomId: ID!) {
      reportScores(roomId: $roomId, scores: [{ userId: "${id}", score: 1 }]) { ... on Rejected { code field } }
      reportPortfolio(input: { roomId: $roomId, userId: "${id}", cash: 1, equity: 1 }) { ... on Rejected { code field } }
      notify(input: { userIds: ["${id}"], kind: CUSTOM, title: "t", body: "b", idempotencyKey: "n" }) { ... on Rejected { code } } }`
    expect(await all.run(engine, others, { roomId })).toEqual({
      reportScores: refused,
      reportPortfolio: refused,
      notify: { code: 'INVALID_INPUT' },
    })
    const add = `mutation ($roomId: ID!) { addMember(roomId: $roomId, userId: "${id}") { ... on Rejected { code field } } }`
    expect(await all.run(olga, add, { roomId })).toEqual({ addMember: refused })
  })
})

describe('A mutation next to one that fails', () => {
  test('shows its answer, and the error names the other', async () => {
    const document = `mutation {
      a: createRoom(input: { name: "Mine", kind: CHAT, visibility: PUBLIC }) { ... on RoomPayload { room { name } } }
      b: createLeaderboardSnapshot(roomId: "${rooms[0]}") { __typename } }`
    const { data, errors } = await all.answer(olga, document)
    expect(data).toEqual({ a: { room: { name: 'Mine' } }, b: null })
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN' } }])
  })

  test('so does a query', async () => {
    const { data, errors } = await all.answer(
      null,
      `{ server { version } rooms(first: 1000) { edges { cursor } } }`,
    )
    expect(data).toEqual({ server: { version: '1.2.3' }, rooms: null })
    expect(errors).toMatchObject([{ path: ['rooms'], extensions: { code: 'BAD_USER_INPUT' } }])
  })
})
