import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, codeOfEnd, createCaller } from '../support/caller.ts'
import { post } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'
import { makeRoom } from '../support/rooms.ts'
import { openSocket, type Socket } from '../support/socket.ts'

const SEND = `mutation ($roomId: ID!, $id: String!) {
  sendMessage(input: { roomId: $roomId, body: "Good evening", clientMessageId: $id }) {
    __typename ... on Rejected { code retryAfterMs } } }`
const JOIN = 'mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { __typename } }'
const TYPING = 'mutation ($roomId: ID!) { setTyping(roomId: $roomId, typing: true) }'
const TIME = 'subscription { serverTime(everyMs: 60000) }'
const BURST = 10
const MAX_CONNECTIONS = 3
const MAX_DEPTH = 8

interface Sent {
  readonly __typename: string
  readonly code?: string
  readonly retryAfterMs?: number
}

/** A burst of ten, then one every ten seconds: no token is refilled during a test. */
let nodes: readonly [TestNode, TestNode]
let production: TestNode
let roomId: string

beforeAll(async () => {
  const [shared, own] = await Promise.all([freshDatabase(), freshDatabase()])
  const limits = {
    MUTATIONS_PER_SECOND: String(BURST / 2),
    MAX_CONNECTIONS_PER_USER: String(MAX_CONNECTIONS),
  }
  const env = { REDIS_PREFIX: freshRedisPrefix(), MAX_QUERY_DEPTH: String(MAX_DEPTH), ...limits }
  const options = { databaseUrl: shared, redisUrl: sharedRedisUrl(), env }
  const [one, two, three] = await Promise.all([
    startNode(options),
    startNode(options),
    startNode({ databaseUrl: own, env: { NODE_ENV: 'production', MAX_QUERY_TOKENS: '100' } }),
  ])
  nodes = [one, two]
  production = three
  roomId = await makeRoom(one, await one.token('owner', { roles: ['service'] }))
})

afterAll(async () => {
  for (const node of [...nodes, production]) await node[Symbol.asyncDispose]()
})

async function somebody(node: TestNode, roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, `user ${randomUUID()}`, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

const send = (by: Pick<Caller, 'ask'>): Promise<Sent> => by.ask<Sent>(SEND, { roomId, id: randomUUID() })

describe('a user’s mutations', () => {
  test('are refused beyond the burst, across nodes, with a retry delay that is correct', async () => {
    const here = await somebody(nodes[0])
    await using there = await createCaller(nodes[1], here.id)
    await here.ask(JOIN, { roomId })
    const started = performance.now()
    const sent = await Promise.all(Array.from({ length: 40 }, (_, index) => send(index % 2 ? here : there)))
    const seconds = (performance.now() - started) / 1000
    const accepted = sent.filter(({ __typename }) => __typename === 'MessagePayload').length
    expect(accepted).toBeGreaterThanOrEqual(BURST - 1)
    expect(accepted).toBeLessThanOrEqual(BURST + (BURST / 2) * seconds + 1)
    const refused = sent.filter(({ code }) => code === 'RATE_LIMITED')
    expect(refused).toHaveLength(40 - accepted)
    for (const { retryAfterMs = 0 } of refused) {
      expect(retryAfterMs).toBeGreaterThan(0)
      expect(retryAfterMs).toBeLessThanOrEqual(2 * 1000)
    }
    await expect.poll(() => send(here), { timeout: 10_000 }).toMatchObject({ __typename: 'MessagePayload' })
  })

  test('end with an error if the result type has no rejection', async () => {
    const ann = await somebody(nodes[0])
    await ann.ask(JOIN, { roomId })
    const answers = await Promise.all(Array.from({ length: 30 }, () => ann.answer(TYPING, { roomId })))
    const [error] = answers.flatMap(({ errors = [] }) => errors)
    expect(error?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) })
  })

  test('count each, even if many are in one document', async () => {
    const ann = await somebody(nodes[0])
    await ann.ask(JOIN, { roomId })
    const fields = Array.from(
      { length: 30 },
      (_, index) => `m${index}: joinRoom(roomId: $roomId) { __typename }`,
    )
    const { data } = await ann.answer(`mutation ($roomId: ID!) { ${fields.join(' ')} }`, { roomId })
    const refused = Object.values(data ?? {}).filter((each) => JSON.stringify(each).includes('Rejected'))
    expect(refused.length).toBeGreaterThan(10)
  })

  test('are not counted for services, nor for other users', async () => {
    const service = await somebody(nodes[0], ['service'])
    const bob = await somebody(nodes[0])
    await bob.ask(JOIN, { roomId })
    const sent = await Promise.all(Array.from({ length: 60 }, () => send(service)))
    expect(new Set(sent.map(({ __typename }) => __typename))).toEqual(new Set(['MessagePayload']))
    expect(await send(bob)).toMatchObject({ __typename: 'MessagePayload' })
  })

  test('close the connection with 1008 after a hundred refusals; others are served meanwhile', async () => {
    const [ann, bob] = [await somebody(nodes[0]), await somebody(nodes[0])]
    await bob.ask(JOIN, { roomId })
    using socket = await openSocket(nodes[0].wsUrl)
    await socket.init({ token: ann.token })
    for (let each = 0; each < 200; each += 1) socket.subscribe(TYPING, { roomId })
    expect(await socket.closed).toMatchObject({ code: 1008 })
    expect(await send(bob)).toMatchObject({ __typename: 'MessagePayload' })
  })
})

describe('a user’s connections', () => {
  async function connect(node: TestNode, token: string | undefined): Promise<Socket> {
    const socket = await openSocket(node.wsUrl)
    onTestFinished(() => socket[Symbol.dispose]())
    await socket.init(token === undefined ? undefined : { token }).catch(() => {})
    return socket
  }

  test('beyond the limit close with 4903, across nodes; existing ones stay, and a closed one makes room', {
    timeout: 60_000,
  }, async () => {
    const { token } = await somebody(nodes[0])
    const first = await connect(nodes[0], token)
    const others = [await connect(nodes[1], token), await connect(nodes[1], token)]
    // The check of these is not observable; until it is done, another connection would count against them, too.
    await pause(1_000)
    const excess = await connect(nodes[0], token)
    expect(await excess.closed).toMatchObject({ code: 4903 })
    for (const socket of [first, ...others]) expect(await socket.run('{ __typename }')).toHaveProperty('data')

    first[Symbol.dispose]()
    const again = async (): Promise<boolean> => {
      using socket = await connect(nodes[1], token)
      const isServed = socket.run('{ __typename }').then(() => true)
      return await Promise.race([isServed.catch(() => false), socket.closed.then(() => false)])
    }
    await expect.poll(again, { timeout: 40_000 }).toBe(true)
  })

  test('are not limited for services and visitors', async () => {
    const { token } = await somebody(nodes[0], ['service'])
    for (const each of [token, undefined]) {
      const sockets = await Promise.all(Array.from({ length: 6 }, () => connect(nodes[0], each)))
      for (const socket of sockets) expect(await socket.run('{ __typename }')).toHaveProperty('data')
    }
  })

  test('count when a visitor signs in', async () => {
    const { token } = await somebody(nodes[0])
    for (let each = 0; each < MAX_CONNECTIONS; each += 1) await connect(nodes[0], token)
    const visitor = await connect(nodes[0], undefined)
    visitor.subscribe('mutation ($token: String!) { authenticate(token: $token) { __typename } }', { token })
    expect(await visitor.closed).toMatchObject({ code: 4903 })
  })

  test('include streams of server-sent events', async () => {
    const { token } = await somebody(nodes[0])
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` }
    const url = `${nodes[0].url}/graphql?query=${encodeURIComponent(TIME)}`
    const leaving = new AbortController()
    onTestFinished(() => leaving.abort())
    const { signal } = leaving
    for (let each = 0; each < MAX_CONNECTIONS; each += 1) await fetch(url, { headers, signal })
    const text = await (await fetch(url, { headers, signal })).text()
    expect(text).toContain('TOO_MANY_SUBSCRIPTIONS')
    expect(text).toContain('event: complete')
  })
})

describe('a node’s connections', () => {
  test('beyond the limit are answered 503; existing ones are served, and a closed one makes room', async () => {
    await using node = await startNode({ databaseUrl: await freshDatabase(), env: { MAX_CONNECTIONS: '2' } })
    const open = () => openSocket(node.wsUrl)
    using staying = await open()
    const leaving = await open()
    await staying.init()
    for (let attempt = 0; attempt < 20; attempt += 1) await expect(open()).rejects.toThrow('503')
    const ticking = staying.subscribe('subscription { serverTime(everyMs: 100) }')
    for (let tick = 0; tick < 3; tick += 1) await staying.receive('next', ticking)
    expect(await staying.run('{ __typename }')).toHaveProperty('data')
    expect(await post(node.url, '{ __typename }')).toHaveProperty('data')
    leaving[Symbol.dispose]()
    await expect.poll(() => open().then((socket) => socket[Symbol.dispose]())).toBeUndefined()
  })
})

describe('a connection', () => {
  test('has 100 subscriptions in addition to its queries and mutations; an ended one makes room', async () => {
    using socket = await openSocket(nodes[0].wsUrl)
    await socket.init()
    const ids = Array.from({ length: 100 }, () => socket.subscribe(TIME))
    for (const id of ids) await socket.receive('next', id)
    const { payload } = await socket.receive('error', socket.subscribe(TIME))
    expect(payload).toMatchObject([{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }])
    const answers = await Promise.all(Array.from({ length: 300 }, () => socket.run('{ __typename }')))
    expect(answers).toHaveLength(300)
    socket.send({ type: 'complete', id: ids[0] })
    expect(await socket.receive('next', socket.subscribe(TIME))).toHaveProperty('payload.data')
  })
})

const deep =
  '{ rooms(first: 1) { edges { node { auctions(first: 1) { edges { node { seller { name } bids { cursor: pageInfo { endCursor } } } } } } } } }'
const wide = `{ ${Array.from({ length: 20 }, (_, n) => `r${n}: rooms(first: 100) { edges { node { id name } } }`).join(' ')} }`
const bomb = `{ rooms { edges { node { ...F0 } } } } ${Array.from({ length: 40 }, (_, n) => `fragment F${n} on Room { ...F${n + 1} ...F${n + 1} }`).join(' ')}
  fragment F40 on Room { id }`
const long = `{ ${'__typename '.repeat(3_000)} }`

describe('an operation that is', () => {
  test.for([
    { called: 'too deep', query: deep },
    { called: 'too wide', query: wide },
    { called: 'a bomb of fragments', query: bomb },
    { called: 'too long', query: long },
  ])('$called is QUERY_TOO_COMPLEX over HTTP, SSE and WebSocket', async ({ query }) => {
    const [node] = nodes
    const { errors } = await post(node.url, query)
    expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['QUERY_TOO_COMPLEX'])
    const body = JSON.stringify({ query })
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
    const events = await (await fetch(`${node.url}/graphql`, { method: 'POST', headers, body })).text()
    expect(events).toContain('QUERY_TOO_COMPLEX')
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    const { payload } = await socket.receive('error', socket.subscribe(query))
    expect(payload).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
    expect(await socket.run('{ __typename }')).toHaveProperty('data')
  })

  test('too large to subscribe to ends with that error', async () => {
    await using visitor = await createCaller(nodes[0])
    const fields = Array.from({ length: 60 }, (_, n) => `b${n}: bids(first: 100) { edges { node { id } } }`)
    const query = `subscription { bids(auctionId: "any") { ... on BidPlaced { auction { ${fields.join(' ')} } } } }`
    expect(await codeOfEnd(visitor.record(query))).toBe('QUERY_TOO_COMPLEX')
  })

  test('sized by its variables is measured by them', async () => {
    const query = `query ($n: Int) { rooms(first: $n) { edges { node { auctions(first: $n) { edges { node { id } } } } } } }`
    const [node] = nodes
    expect(await post(node.url, query, { n: 5 })).toHaveProperty('data.rooms')
    const { errors } = await post(node.url, query, { n: 100 })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'QUERY_TOO_COMPLEX' })
  })

  test('introspection, such as of GraphiQL and generators, is not measured in development', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    expect(await post(nodes[0].url, getIntrospectionQuery())).toHaveProperty('data.__schema')
  })
})

describe('a node in production', () => {
  test('suggests no names', async () => {
    for (const query of [
      '{ room }',
      '{ rom { id } }',
      '{ rooms(phse: LIVE) { edges { cursor } } }',
      '{ rooms(phase: LIV) { edges { cursor } } }',
    ]) {
      const { errors = [] } = await post(production.url, query)
      expect(errors.length).toBeGreaterThan(0)
      expect(JSON.stringify(errors)).not.toMatch(/did you mean/iu)
    }
    const { errors } = await post(
      production.url,
      'query ($p: RoomPhase) { rooms(phase: $p) { edges { cursor } } }',
      { p: 'LIV' },
    )
    expect(JSON.stringify(errors)).not.toMatch(/did you mean/iu)
    using socket = await openSocket(production.wsUrl)
    await socket.init()
    const { payload } = await socket.receive('error', socket.subscribe('{ rom { id } }'))
    expect(JSON.stringify(payload)).not.toMatch(/did you mean/iu)
    expect(JSON.stringify(await post(nodes[0].url, '{ rom { id } }'))).toMatch(/did you mean/iu)
  })
})
