import { once } from 'node:events'
import { request as sendRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { post } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openSocket, type Socket } from '../support/socket.ts'
import { signToken } from '../support/tokens.ts'

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const TIME = 'subscription { serverTime(everyMs: 100) }'

let node: TestNode

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
})
afterAll(() => node[Symbol.asyncDispose]())

async function openVisitor(): Promise<Socket> {
  const socket = await openSocket(node.wsUrl)
  await socket.init()
  return socket
}

describe('connection_ack', () => {
  test('contains what a visitor may know', async () => {
    const { data } = await post(node.url, '{ server { node } }')
    using socket = await openSocket(node.wsUrl)
    expect(await socket.init()).toEqual({
      connectionId: expect.stringMatching(/./),
      ...(data?.['server'] as { readonly node: string }),
      authenticated: false,
      user: null,
      expiresAt: null,
      serverTime: expect.stringMatching(INSTANT),
      heartbeatMs: expect.any(Number),
      capabilities: [],
    })
  })

  test('contains the user, the expiry and the capabilities', async () => {
    const exp = Math.floor(Date.now() / 1000) + 600
    const token = await signToken('ada', { claims: { name: 'Ada', roles: ['admin', 'service'], exp } })
    const { data } = await post(node.url, '{ server { node capabilities } }', {}, token)
    using socket = await openSocket(node.wsUrl)
    expect(await socket.init({ token })).toEqual({
      connectionId: expect.stringMatching(/./),
      ...(data?.['server'] as { readonly node: string; readonly capabilities: readonly string[] }),
      authenticated: true,
      user: { id: 'ada', name: 'Ada', roles: ['USER', 'ADMIN', 'SERVICE'] },
      expiresAt: new Date(exp * 1000).toISOString(),
      serverTime: expect.stringMatching(INSTANT),
      heartbeatMs: expect.any(Number),
    })
  })

  test('has a unique id per connection', async () => {
    using one = await openSocket(node.wsUrl)
    using other = await openSocket(node.wsUrl)
    expect((await one.init())['connectionId']).not.toBe((await other.init())['connectionId'])
  })
})

describe.concurrent('A connection', () => {
  test('whose client answers no ping is terminated within twice the heartbeat; one that answers stays', async () => {
    const connect = (autoPong: boolean): WebSocket =>
      new WebSocket(node.wsUrl, 'graphql-transport-ws', { autoPong })
    const [lively, dead] = [connect(true), connect(false)]
    for (const socket of [lively, dead]) {
      socket.once('open', () => socket.send('{"type":"connection_init"}'))
    }
    const openedAt = performance.now()
    const [code] = await once(dead, 'close')
    expect(code).toBe(1006)
    expect(performance.now() - openedAt).toBeLessThan(40_000)
    await once(lively, 'ping')
    expect(lively.readyState).toBe(WebSocket.OPEN)
    lively.terminate()
  }, 90_000)

  test('without connection_init is closed with 4408 after 5 s', async () => {
    const openedAt = performance.now()
    using socket = await openSocket(node.wsUrl)
    expect(await socket.closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' })
    const waitedMs = performance.now() - openedAt
    expect(waitedMs).toBeGreaterThan(4_900)
    expect(waitedMs).toBeLessThan(7_000)
  })

  test('that subscribes before the ack is closed with 4401', async () => {
    using socket = await openSocket(node.wsUrl)
    socket.subscribe('{ __typename }')
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' })
  })

  test('that sends connection_init twice is closed with 4429', async () => {
    using socket = await openVisitor()
    socket.send({ type: 'connection_init' })
    expect(await socket.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' })
  })

  test('that reuses the id of a running operation is closed with 4409', async () => {
    using socket = await openVisitor()
    const subscribe = { type: 'subscribe', id: 'same', payload: { query: TIME } }
    socket.send(subscribe)
    await socket.receive('next', 'same')
    socket.send(subscribe)
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for same already exists' })
  })

  test.each(['x'.repeat(300), `${'€'.repeat(300)}`, `a${'€'.repeat(300)}`, `ab${'€'.repeat(300)}`])(
    'is closed with 4409 even if the id is longer than a close reason: %#',
    async (id) => {
      using socket = await openVisitor()
      const subscribe = { type: 'subscribe', id, payload: { query: TIME } }
      socket.send(subscribe)
      await socket.receive('next', id)
      socket.send(subscribe)
      expect(await socket.closed).toMatchObject({ code: 4409 })
    },
  )

  test('may reuse the id of a finished operation', async () => {
    using socket = await openVisitor()
    for (const query of [TIME, TIME]) {
      socket.send({ type: 'subscribe', id: 'same', payload: { query } })
      await socket.receive('next', 'same')
      socket.send({ type: 'complete', id: 'same' })
    }
    expect(await socket.run('{ __typename }')).toEqual({ data: { __typename: 'Query' } })
  })

  test('gets the answers to thousands of messages in order, while others are served', async () => {
    using busy = await openVisitor()
    using other = await openVisitor()
    const count = 5_000
    for (let number = 0; number < count; number += 1) busy.send({ type: 'ping', payload: { number } })
    expect(await other.run('{ __typename }')).toEqual({ data: { __typename: 'Query' } })
    for (let number = 0; number < count; number += 1) {
      expect(await busy.receive('pong')).toEqual({ type: 'pong', payload: { number } })
    }
  })

  test.each([
    'no json',
    '[]',
    '{}',
    '{"type":"unknown"}',
    '{"type":"subscribe","id":"","payload":{"query":"{a}"}}',
    '{"type":"subscribe","id":"1","payload":{}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":"none"}}',
    '{"type":"connection_init","payload":7}',
  ])('that sends %s is closed with 4400', async (message) => {
    using socket = await openSocket(node.wsUrl)
    socket.send(message)
    expect(await socket.closed).toEqual({ code: 4400, reason: 'Invalid message received' })
  })

  test('that sends a message above MAX_MESSAGE_BYTES is closed with 1009', async () => {
    using socket = await openVisitor()
    socket.send({ type: 'ping', payload: { padding: 'x'.repeat(65_536) } })
    expect(await socket.closed).toMatchObject({ code: 1009 })
  })

  test('that asks for no sub-protocol is closed with 4406', async () => {
    using socket = await openSocket(node.wsUrl, { protocol: null })
    expect(await socket.closed).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' })
  })

  test('that asks for another sub-protocol is closed with 4406', async () => {
    const request = sendRequest(`${node.url}/graphql`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        'sec-websocket-protocol': 'graphql-ws',
      },
    }).end()
    const [response, stream, head] = await once(request, 'upgrade')
    expect(response.statusCode).toBe(101)
    expect(response.headers).not.toHaveProperty('sec-websocket-protocol')
    const [frame] = head.length > 0 ? [head] : await once(stream, 'data')
    // RFC 6455 §5.5.1: a close frame, and the code at the head of its payload.
    expect(frame[0]).toBe(0x88)
    expect(frame.readUInt16BE(2)).toBe(4406)
    stream.destroy()
  })
})

describe('An upgrade elsewhere', () => {
  test.each(['/', '/graphql/', '/health'])('%s is answered 404', async (path) => {
    await expect(openSocket(`${new URL(path, node.wsUrl)}`)).rejects.toThrow('404')
  })
})

describe('An operation on a WebSocket that is refused', () => {
  test.each([
    ['{', 'GRAPHQL_PARSE_FAILED', {}],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED', {}],
    ['query ($message: String!) { echo(message: $message) }', 'BAD_USER_INPUT', { message: 7 }],
    ['query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE', {}],
    ['subscription { bids(auctionId: "auc_none") { __typename } }', 'NOT_FOUND', {}],
  ])('ends with one typed error frame: %s', async (query, code, variables) => {
    using socket = await openVisitor()
    const id = socket.subscribe(query, variables)
    expect(await socket.receive('error', id)).toMatchObject({ payload: [{ extensions: { code } }] })
    socket.send({ type: 'ping' })
    await socket.receive('pong')
    expect(await socket.run('{ __typename }')).toEqual({ data: { __typename: 'Query' } })
    await expect(Promise.race([socket.receive('complete', id), Promise.resolve('none')])).resolves.toBe(
      'none',
    )
  })
})
