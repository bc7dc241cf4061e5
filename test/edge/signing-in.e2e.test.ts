import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEventStream } from '../support/event-stream.ts'
import { post } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { BIDS, makeAuction, makeRoom, placeBid } from '../support/rooms.ts'
import { openSocket } from '../support/socket.ts'
import { signToken } from '../support/tokens.ts'

const WHO = '{ viewer { user { id } } }'
const ADA = { data: { viewer: { user: { id: 'ada' } } } }
const NOBODY = { data: { viewer: null } }
const AUTHENTICATE = `mutation ($token: String!) { authenticate(token: $token) {
  __typename
  ... on Authenticated { viewer { user { id } expiresAt } }
  ... on Rejected { code field }
} }`
const REJECTED = {
  data: { authenticate: { __typename: 'Rejected', code: 'INVALID_INPUT', field: 'token' } },
}

let node: TestNode
let ada: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  ada = await node.token('ada')
})
afterAll(() => node[Symbol.asyncDispose]())

describe('Without a token', () => {
  test('a caller is a visitor on every transport', async () => {
    expect(await post(node.url, WHO)).toEqual(NOBODY)
    await using stream = await openEventStream(node.url, { query: WHO })
    expect((await stream.next()).data).toEqual(NOBODY)
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    expect(await socket.run(WHO)).toEqual(NOBODY)
  })

  test.each([{}, { authorization: '' }, { token: null }])(
    '%j as connection_init is a visitor',
    async (payload) => {
      using socket = await openSocket(node.wsUrl)
      expect(await socket.init(payload)).toMatchObject({ authenticated: false, user: null })
    },
  )
})

describe('A token signs in', () => {
  test('as authorization in connection_init', async () => {
    using socket = await openSocket(node.wsUrl)
    await socket.init({ authorization: `Bearer ${ada}` })
    expect(await socket.run(WHO)).toEqual(ADA)
  })

  test('as token in connection_init', async () => {
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: ada })
    expect(await socket.run(WHO)).toEqual(ADA)
  })

  test('in the Authorization header of an upgrade', async () => {
    using socket = await openSocket(node.wsUrl, { headers: { authorization: `Bearer ${ada}` } })
    await socket.init()
    expect(await socket.run(WHO)).toEqual(ADA)
  })

  test('in the Authorization header of a request', async () => {
    expect(await post(node.url, WHO, {}, ada)).toEqual(ADA)
  })

  test.each(['GET', 'POST'] as const)(
    'in the Authorization header of server-sent events with %s',
    async (method) => {
      const headers = { authorization: `bearer ${ada}` }
      await using stream = await openEventStream(node.url, { query: WHO, method, headers })
      expect((await stream.next()).data).toEqual(ADA)
    },
  )

  test('in the URL of a WebSocket', async () => {
    using socket = await openSocket(`${node.wsUrl}?token=${ada}`)
    await socket.init()
    expect(await socket.run(WHO)).toEqual(ADA)
  })

  test.each(['GET', 'POST'] as const)('in the URL of server-sent events with %s', async (method) => {
    await using stream = await openEventStream(node.url, { query: WHO, method, token: ada })
    expect((await stream.next()).data).toEqual(ADA)
  })

  test('with its sub verbatim, its name and its roles', async () => {
    const claims = { name: 'Éva Nagy', roles: ['moderator', 'juggler'] }
    const token = await signToken('auth0|Éva/ 7', { claims })
    const { data } = await post(node.url, '{ viewer { user { id name } roles } }', {}, token)
    expect(data).toEqual({
      viewer: { user: { id: 'auth0|Éva/ 7', name: 'Éva Nagy' }, roles: ['USER', 'MODERATOR'] },
    })
  })
})

describe('A visitor on a WebSocket who signs in later', () => {
  test('is that user from then on, and subscriptions continue', async () => {
    const seller = await node.token('seller')
    const auctionId = await makeAuction(node, seller, await makeRoom(node, seller))
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    const bids = socket.subscribe(BIDS, { auctionId })
    await socket.receive('next', bids)

    expect(await socket.run(AUTHENTICATE, { token: ada })).toMatchObject({
      data: { authenticate: { __typename: 'Authenticated', viewer: { user: { id: 'ada' } } } },
    })

    expect(await socket.run(WHO)).toEqual(ADA)
    await placeBid(node, ada, { auctionId, amount: 500 })
    expect(await socket.receive('next', bids)).toMatchObject({
      payload: { data: { bids: { __typename: 'BidPlaced', offset: 1 } } },
    })
  })

  test('may do so by a ping', async () => {
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    socket.send({ type: 'ping', payload: { authorization: `Bearer ${ada}` } })
    await socket.receive('pong')
    expect(await socket.run(WHO)).toEqual(ADA)
  })

  test('stays a visitor if the token is bad', async () => {
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    expect(await socket.run(AUTHENTICATE, { token: 'rubbish' })).toEqual(REJECTED)
    expect(await socket.run(WHO)).toEqual(NOBODY)
  })
})

describe('A connection that is signed in', () => {
  test('shows the expiry of a renewed token', async () => {
    using socket = await openSocket(node.wsUrl)
    const { expiresAt } = await socket.init({ token: await signToken('ada', { lifetimeMs: 60_000 }) })
    const longer = Date.parse(String(expiresAt)) / 1000 + 60
    const renewed = await socket.run(AUTHENTICATE, {
      token: await signToken('ada', { claims: { exp: longer } }),
    })
    expect(renewed).toMatchObject({
      data: { authenticate: { viewer: { expiresAt: new Date(longer * 1000).toISOString() } } },
    })
  })

  test.each([
    ['another user’s', () => node.token('eve')],
    ['an expired', () => signToken('ada', { lifetimeMs: -1 })],
    ['a forged', () => signToken('ada', { secret: 'not the secret of this server, by no means' })],
    ['an empty', async () => ''],
  ])('refuses %s token to authenticate and keeps what it had', async (_name, make) => {
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: ada })
    const time = socket.subscribe('subscription { serverTime(everyMs: 100) }')
    await socket.receive('next', time)

    expect(await socket.run(AUTHENTICATE, { token: await make() })).toEqual(REJECTED)

    expect(await socket.run(WHO)).toEqual(ADA)
    await socket.receive('next', time)
  })

  test.each([
    ['another user’s', () => node.token('eve')],
    ['an expired', () => signToken('ada', { lifetimeMs: -1 })],
    ['a malformed', async () => 'rubbish rubbish'],
  ])('is closed with 4403 by a ping with %s token', async (_name, make) => {
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: ada })
    socket.send({ type: 'ping', payload: { authorization: `Bearer ${await make()}` } })
    expect(await socket.closed).toMatchObject({ code: 4403 })
  })

  test('answers a ping without a token', async () => {
    using socket = await openSocket(node.wsUrl)
    await socket.init({ token: ada })
    socket.send({ type: 'ping' })
    expect(await socket.receive('pong')).toEqual({ type: 'pong' })
    socket.send({ type: 'ping', payload: { beat: 1 } })
    await socket.receive('pong')
    expect(await socket.run(WHO)).toEqual(ADA)
  })
})

describe('authenticate over HTTP', () => {
  test('is Rejected, since HTTP has no connection to sign in', async () => {
    expect(await post(node.url, AUTHENTICATE, { token: ada })).toEqual(REJECTED)
  })
})
