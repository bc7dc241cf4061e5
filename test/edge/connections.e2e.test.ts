import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { startProxy } from '../support/proxy.ts'
import { openSocket, type Socket } from '../support/socket.ts'

const TIME = 'subscription { serverTime(everyMs: 60000) }'
const PER_ADDRESS = 3
const CONNECTIONS = 30

let node: TestNode
let token: string

beforeAll(async () => {
  const env = {
    MAX_CONNECTIONS: String(CONNECTIONS),
    MAX_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS),
    TRUSTED_PROXIES: '127.0.0.1',
  }
  node = await startNode({ databaseUrl: await freshDatabase(), env })
  token = await node.token('ada')
})
afterAll(() => node[Symbol.asyncDispose]())

async function openFrom(address: string): Promise<Socket> {
  const socket = await openSocket(node.wsUrl, { headers: { 'x-forwarded-for': address } })
  onTestFinished(() => socket[Symbol.dispose]())
  return socket
}

function stream(address: string, authorization?: string): Promise<Response> {
  const gone = new AbortController()
  onTestFinished(() => gone.abort())
  return fetch(`${node.url}/graphql?query=${encodeURIComponent(TIME)}`, {
    headers: {
      ...{ accept: 'text/event-stream', 'x-forwarded-for': address },
      ...(authorization === undefined ? {} : { authorization: `Bearer ${authorization}` }),
    },
    signal: gone.signal,
  })
}

async function untilFree(): Promise<void> {
  const connections = async (): Promise<number> => {
    const text = await (await fetch(`${node.url}/metrics`)).text()
    return [...text.matchAll(/^rostrum_connections\{[^}]*\} (\d+)/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    )
  }
  await expect.poll(connections, { timeout: 10_000 }).toBe(0)
}

describe('Visitors of one address', () => {
  test('have a bounded total of WebSockets and streams, before and after connection_init', async () => {
    await untilFree()
    const silent = await openFrom('203.0.113.1')
    await (await openFrom('203.0.113.1')).init()
    expect((await stream('203.0.113.1')).status).toBe(200)

    const excess = await openFrom('203.0.113.1')
    excess.send({ type: 'connection_init' })
    expect(await excess.closed).toMatchObject({ code: 4903 })
    const refused = await stream('203.0.113.1')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
    })

    await (await openFrom('203.0.113.2')).init()
    silent[Symbol.dispose]()
    await expect.poll(async () => (await stream('203.0.113.1')).status).toBe(200)
  })

  test('do not lock out a signed-in user of the same address', async () => {
    await untilFree()
    for (let each = 0; each < PER_ADDRESS; each += 1) await (await openFrom('203.0.113.3')).init()
    const user = await openFrom('203.0.113.3')
    expect(await user.init({ token })).toMatchObject({ authenticated: true })
    expect((await stream('203.0.113.3', token)).status).toBe(200)
  })

  test('share an IPv6 network', async () => {
    await untilFree()
    for (let each = 0; each < PER_ADDRESS; each += 1) await (await openFrom(`2001:db8::${each}`)).init()
    expect((await stream('2001:db8::ffff')).status).toBe(429)
    expect((await stream('2001:db8:0:1::1')).status).toBe(200)
  })

  test('that sign in make room for others', async () => {
    await untilFree()
    const sockets = [
      await openFrom('203.0.113.4'),
      await openFrom('203.0.113.4'),
      await openFrom('203.0.113.4'),
    ]
    for (const socket of sockets) await socket.init()
    expect((await stream('203.0.113.4')).status).toBe(429)
    sockets[0]?.send({ type: 'ping', payload: { token } })
    await sockets[0]?.receive('pong')
    expect((await stream('203.0.113.4')).status).toBe(200)
  })
})

describe('A node full of visitors', () => {
  test('has slots for signed-in streams and WebSockets, even behind silent ones', async () => {
    await untilFree()
    let visitors = 0
    for (; visitors < CONNECTIONS; visitors += 1) await openFrom(`198.51.100.${visitors}`)
    expect((await stream('198.51.100.200')).status).toBe(503)
    const user = await openFrom('198.51.100.201')
    expect(await user.init({ token })).toMatchObject({ authenticated: true })
    expect((await stream('198.51.100.202', token)).status).toBe(200)
    const visitor = await openFrom('198.51.100.203')
    visitor.send({ type: 'connection_init' })
    expect(await visitor.closed).toMatchObject({ code: 4903 })
  })
})

describe('A WebSocket that was refused', () => {
  test('no longer counts, and is destroyed after two seconds if it does not answer', async () => {
    await untilFree()
    const socket = connect(Number(new URL(node.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Protocol: nonsense\r\n\r\n`,
    )
    const openedAt = performance.now()
    socket.resume()
    await once(socket, 'close')
    const heldMs = performance.now() - openedAt
    expect(heldMs).toBeGreaterThan(1_500)
    expect(heldMs).toBeLessThan(6_000)
  })
})

describe('Queries and mutations of one client over HTTP', () => {
  const SLOW_MS = 300

  test('run a few at once, and are refused with 429 once the queue is full; others are served', async () => {
    const url = new URL(await freshDatabase())
    await using proxy = await startProxy(Number(url.port))
    url.port = `${proxy.port}`
    await using slow = await startNode({
      databaseUrl: url.href,
      env: { MAX_OPERATIONS_IN_FLIGHT: '16', TRUSTED_PROXIES: '127.0.0.1' },
    })
    const ask = (address: string): Promise<Response> =>
      fetch(`${slow.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify({ query: '{ rooms(first: 1) { edges { cursor } } }' }),
      })
    await ask('203.0.113.9')
    proxy.delay(SLOW_MS)
    const answers = await Promise.all(Array.from({ length: 140 }, () => ask('203.0.113.1')))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(1)
    expect(refused[0]?.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await refused[0]?.json()).toMatchObject({
      errors: [{ extensions: { code: 'OVERLOADED', retryAfterMs: expect.any(Number) } }],
    })
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(116)
    proxy.delay(0)
    expect((await ask('203.0.113.2')).status).toBe(200)
  })
})
