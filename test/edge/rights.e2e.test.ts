import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { BIDS, makeAuction, makeRoom, placeBid } from '../support/rooms.ts'
import { type Message, openSocket, type Socket } from '../support/socket.ts'
import { signToken } from '../support/tokens.ts'

const AUTHENTICATE = 'mutation ($token: String!) { authenticate(token: $token) { __typename } }'
const SEND = `mutation ($roomId: ID!, $id: String!) {
  sendMessage(input: { roomId: $roomId, body: "secret", clientMessageId: $id }) { __typename } }`
const PUBLISH = `mutation ($audience: Audience!, $title: String!) {
  publishAnnouncement(input: { audience: $audience, title: $title, body: "b" }) { __typename } }`
const REPORT = `mutation ($roomId: ID!, $userId: ID!, $orderId: ID!) { reportOrder(input: { roomId: $roomId, userId: $userId,
  orderId: $orderId, executionId: $orderId, executionType: NEW, symbol: "AAPL", side: BUY, type: LIMIT, quantity: 1, limitPrice: 1
}) { __typename ... on Rejected { code reason field } } }`

const ROOM_BOUND = {
  messages: 'subscription ($roomId: ID!) { messages(roomId: $roomId) { __typename } }',
  roomState: 'subscription ($roomId: ID!) { roomState(roomId: $roomId) { __typename } }',
  presence: 'subscription ($roomId: ID!) { presence(roomId: $roomId) { count } }',
  typing: 'subscription ($roomId: ID!) { typing(roomId: $roomId) { roomId } }',
  auctionUpdates:
    'subscription ($roomId: ID!) { auctionUpdates(roomId: $roomId, everyMs: 100) { title currentPrice } }',
  bids: BIDS,
  auctionState:
    'subscription ($auctionId: ID!) { auctionState(auctionId: $auctionId, everyMs: 100) { currentPrice } }',
  leaderboard: 'subscription ($auctionId: ID!) { leaderboard(auctionId: $auctionId) { __typename } }',
  orders: 'subscription ($tradeId: ID!) { orders(roomId: $tradeId) { __typename } }',
  positions: 'subscription ($tradeId: ID!) { positions(roomId: $tradeId) { __typename } }',
} as const

const ANNOUNCEMENTS = `subscription { announcements { __typename ... on AnnouncementsSnapshot { reset announcements { title } }
  ... on AnnouncementPublished { announcement { title } } } }`
const ALL_AUCTIONS = 'subscription { auctionUpdates(everyMs: 100) { title currentPrice } }'

let node: TestNode
let service: string
let owner: string
let ann: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  service = await node.token('service', { roles: ['service'] })
  owner = await node.token('owner')
  ann = await node.token('ann')
})
afterAll(() => node[Symbol.asyncDispose]())

async function ask(document: string, variables: object, token: string): Promise<void> {
  const { data, errors } = await post(node.url, document, { ...variables }, token)
  const [value] = Object.values(data ?? {})
  if (errors !== undefined || JSON.stringify(value).includes('Rejected')) {
    throw new Error(JSON.stringify(errors ?? value))
  }
}

interface Rooms {
  readonly roomId: string
  readonly auctionId: string
  readonly tradeId: string
}

async function privateRooms(): Promise<Rooms> {
  const visibility = { visibility: 'MEMBERS' }
  const roomId = await makeRoom(node, owner, visibility)
  const tradeId = await makeRoom(node, owner, { ...visibility, kind: 'TRADE' })
  return { roomId, tradeId, auctionId: await makeAuction(node, owner, roomId) }
}

async function renew(socket: Socket, way: 'ping' | 'authenticate', token: string): Promise<void> {
  if (way === 'authenticate') {
    const { data } = await socket.run(AUTHENTICATE, { token })
    expect(data).toEqual({ authenticate: { __typename: 'Authenticated' } })
    return
  }
  socket.send({ type: 'ping', payload: { token } })
  await socket.receive('pong')
}

/** Everything received for `id` within half a second. */
async function rest(socket: Socket, id: string): Promise<readonly Message[]> {
  await pause(500)
  socket.send({ type: 'ping' })
  await socket.receive('pong')
  return socket.taken('next', id)
}

const ROLES = ['admin', 'service'] as const
const WAYS = ['ping', 'authenticate'] as const

describe.each(ROLES)('A connection of a user with the role %s, who is in no room', (role) => {
  test.each(WAYS)('gets nothing of private rooms after %s renewed it without the role', async (way) => {
    const rooms = await privateRooms()
    const sub = `user ${randomUUID()}`
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: await signToken(sub, { lifetimeMs: 60_000, claims: { roles: [role] } }) })
    const ids = new Map(
      Object.entries(ROOM_BOUND).map(([name, query]) => [name, socket.subscribe(query, rooms)] as const),
    )
    for (const id of ids.values()) await socket.receive('next', id)

    await renew(socket, way, await signToken(sub))
    for (const id of ids.values()) socket.taken('next', id)
    await ask(SEND, { roomId: rooms.roomId, id: randomUUID() }, owner)

    for (const [name, id] of ids) {
      const { payload } = await socket.receive('error', id)
      expect(payload, name).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    }
    for (const [name, id] of ids) expect(await rest(socket, id), name).toEqual([])
    expect(await socket.run('{ __typename }')).toHaveProperty('data')
  })
})

describe('Data filtered by viewer', () => {
  test.each(WAYS)('follows the rights renewed by %s: a fresh snapshot, then the rest', async (way) => {
    const sub = `user ${randomUUID()}`
    const secret = `secret ${randomUUID()}`
    await ask(PUBLISH, { audience: 'ADMIN', title: secret }, service)
    const rooms = await privateRooms()
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: await signToken(sub, { claims: { roles: ['admin'] } }) })
    const [announcements, auctions] = [socket.subscribe(ANNOUNCEMENTS), socket.subscribe(ALL_AUCTIONS)]
    expect(JSON.stringify(await socket.receive('next', announcements))).toContain(secret)
    await socket.receive('next', auctions)
    await rest(socket, auctions)

    await renew(socket, way, await signToken(sub))
    const snapshot = await socket.receive('next', announcements)
    expect(snapshot).toMatchObject({ payload: { data: { announcements: { reset: true } } } })
    expect(JSON.stringify(snapshot)).not.toContain(secret)

    const open = `open ${randomUUID()}`
    await ask(PUBLISH, { audience: 'ADMIN', title: `later ${secret}` }, service)
    await ask(PUBLISH, { audience: 'GLOBAL', title: open }, service)
    await placeBid(node, owner, { auctionId: rooms.auctionId, amount: 7777 }).catch(() => {})
    await placeBid(node, service, { auctionId: rooms.auctionId, amount: 7777 }).catch(() => {})
    const heard = JSON.stringify(await rest(socket, announcements))
    expect(heard).toContain(open)
    expect(heard).not.toContain(secret)
    expect(JSON.stringify(await rest(socket, auctions))).not.toContain('7777')

    // And the other way round: with the role again, more is visible.
    await renew(socket, way, await signToken(sub, { claims: { roles: ['admin'] } }))
    const again = await socket.receive('next', announcements)
    expect(JSON.stringify(again)).toContain(secret)
  })

  test('of an open trade room is what is disclosed to the user, from the renewal on', async () => {
    const tradeId = await makeRoom(node, owner, { kind: 'TRADE', visibility: 'PUBLIC', disclosure: 'OWN' })
    const sub = `user ${randomUUID()}`
    await ask('{ viewer { user { id } } }', {}, ann)
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: await signToken(sub, { claims: { roles: ['admin'] } }) })
    const orders = socket.subscribe(ROOM_BOUND.orders, { tradeId })
    await socket.receive('next', orders)
    await ask('mutation ($id: ID!) { joinRoom(roomId: $id) { __typename } }', { id: tradeId }, ann)
    await ask(REPORT, { roomId: tradeId, userId: 'ann', orderId: 'o1' }, service)
    expect(await socket.receive('next', orders)).toMatchObject({
      payload: { data: { orders: { __typename: 'OrderAccepted' } } },
    })

    await renew(socket, 'ping', await signToken(sub))
    expect(await socket.receive('next', orders)).toMatchObject({
      payload: { data: { orders: { __typename: 'OrdersSnapshot' } } },
    })
    await ask(REPORT, { roomId: tradeId, userId: 'ann', orderId: 'o2' }, service)
    expect(await rest(socket, orders)).toEqual([])
  })
})

describe('A renewal', () => {
  test.each(WAYS)('by %s with the same roles, or more, ends nothing and misses nothing', async (way) => {
    const rooms = await privateRooms()
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: await signToken('owner') })
    const messages = socket.subscribe(ROOM_BOUND.messages, rooms)
    await socket.receive('next', messages)
    for (const claims of [{}, { roles: ['moderator'] }, { roles: ['admin'] }, {}]) {
      await renew(socket, way, await signToken('owner', { claims }))
      await ask(SEND, { roomId: rooms.roomId, id: randomUUID() }, owner)
      expect(await socket.receive('next', messages)).toMatchObject({
        payload: { data: { messages: { __typename: 'MessageSent' } } },
      })
    }
    expect(await rest(socket, messages)).toEqual([])
  })
})
