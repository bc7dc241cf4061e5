import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEventStream } from '../support/event-stream.ts'
import { post } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { startProxy, type TcpProxy } from '../support/proxy.ts'
import { makeRoom } from '../support/rooms.ts'
import { openSocket, type Socket } from '../support/socket.ts'
import { signToken } from '../support/tokens.ts'

const CREATE = `mutation ($input: CreateRoomInput!) { createRoom(input: $input) {
  ... on RoomPayload { room { id } } ... on Rejected { code } } }`
const MESSAGES = 'subscription ($id: ID!) { messages(roomId: $id) { __typename ... on Event { cursor } } }'
const TIME = 'subscription { serverTime(everyMs: 100) }'
const SLOW_DATABASE_MS = 300

let databaseUrl: string
let proxy: TcpProxy
let token: string

beforeAll(async () => {
  const url = new URL(await freshDatabase())
  proxy = await startProxy(Number(url.port))
  url.port = `${proxy.port}`
  databaseUrl = url.href
  token = await signToken('seller')
})

afterAll(() => proxy[Symbol.asyncDispose]())

const roomInput = (name: string) => ({ input: { name, kind: 'AUCTION', visibility: 'PUBLIC' } })

/** A node on its own port that is being stopped; tests wait for it. */
async function startMortal(env: Readonly<Record<string, string>> = {}): Promise<TestNode> {
  proxy.delay(0)
  return startNode({ databaseUrl, env })
}

async function connect(node: TestNode): Promise<Socket> {
  const socket = await openSocket(node.wsUrl)
  await socket.init({ token })
  return socket
}

/** Resolves with the status of `/ready` on a connection that was open before. */
function readiness(url: string, agent: Agent): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    request(`${url}/ready`, { agent }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
      .on('error', reject)
      .end()
  })
}

describe('A node that is being stopped', () => {
  test('answers the mutations that are in flight, over WebSocket and HTTP, before it closes with 1012', async () => {
    await using node = await startMortal()
    using socket = await connect(node)
    // Makes the seller known to the node.
    await makeRoom(node, token)
    proxy.delay(SLOW_DATABASE_MS)
    const overSocket = socket.run(CREATE, roomInput('By socket'))
    const overHttp = post(node.url, CREATE, roomInput('By HTTP'), token)
    await pause(SLOW_DATABASE_MS / 3)
    process.kill(node.pid, 'SIGTERM')
    const answers = await Promise.all([overSocket, overHttp])

    for (const { data } of answers) {
      expect(data).toEqual({ createRoom: { room: { id: expect.any(String) } } })
    }
    await expect(socket.closed).resolves.toEqual({ code: 1012, reason: 'Draining' })
    proxy.delay(0)
    await expect(node.exited).resolves.not.toMatch(/error|fatal/i)
  })

  test('reports at once that it is not ready, and accepts no new connection', async () => {
    await using node = await startMortal()
    using socket = await connect(node)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await expect(readiness(node.url, agent)).resolves.toMatchObject({ status: 200 })
    proxy.delay(SLOW_DATABASE_MS)
    const slow = socket.run(CREATE, roomInput('Slow'))
    process.kill(node.pid, 'SIGTERM')
    await pause(SLOW_DATABASE_MS / 3)

    const { status, body } = await readiness(node.url, agent)
    expect(status).toBe(503)
    expect(body).toContain('draining')
    await expect(openSocket(node.wsUrl)).rejects.toThrow()
    await slow
    await socket.closed
    agent.destroy()
    await node.exited
  })

  test('closes its connections in batches, and lets SSE streams reconnect', async () => {
    await using node = await startMortal()
    const roomId = await makeRoom(node, token)
    const sockets = await Promise.all(Array.from({ length: 40 }, () => connect(node)))
    const closedAt: number[] = []
    for (const socket of sockets) void socket.closed.then(() => closedAt.push(Date.now()))
    await using stream = await openEventStream(node.url, {
      query: MESSAGES,
      variables: { id: roomId },
      token,
    })
    await stream.next()
    const toldAt = Date.now()
    process.kill(node.pid, 'SIGTERM')
    const endings = await Promise.all(sockets.map(({ closed }) => closed))

    expect(new Set(endings.map(({ code }) => code))).toEqual(new Set([1012]))
    expect((closedAt.at(-1) ?? 0) - (closedAt[0] ?? 0)).toBeGreaterThan(1_000)
    expect(Date.now() - toldAt).toBeLessThan(12_000)
    // EventSource and graphql-sse reopen a stream that ends without `complete`.
    await expect(stream.rest()).resolves.toEqual([])
    await node.exited
  })

  test('terminates clients that do not leave within the drain time', async () => {
    await using node = await startMortal({ DRAIN_TIMEOUT_MS: '1500' })
    using socket = await connect(node)
    await socket.receive('next', socket.subscribe(TIME))
    socket.stall()
    const toldAt = Date.now()
    process.kill(node.pid, 'SIGTERM')
    await node.exited

    expect(Date.now() - toldAt).toBeGreaterThan(1_000)
    expect(Date.now() - toldAt).toBeLessThan(8_000)
  })

  test('exits immediately on a second signal', async () => {
    await using node = await startMortal()
    using socket = await connect(node)
    socket.stall()
    process.kill(node.pid, 'SIGTERM')
    await pause(800)
    const toldAt = Date.now()
    process.kill(node.pid, 'SIGTERM')
    await node.exited

    expect(Date.now() - toldAt).toBeLessThan(2_000)
  })
})

describe('A peer that vanished', () => {
  test('is detected within 30 s, and one that answers stays', async () => {
    await using node = await startMortal()
    await using network = await startProxy(Number(new URL(node.url).port))
    using lost = await openSocket(`ws://127.0.0.1:${network.port}/graphql`)
    await lost.init({ token })
    using kept = await connect(node)
    network.swallow()
    const swallowedAt = Date.now()
    const connections = async () => {
      const text = await (await fetch(`${node.url}/metrics`)).text()
      return Number(/^rostrum_connections\{[^}]*websocket[^}]*\} (\d+)/m.exec(text)?.[1])
    }
    expect(await connections()).toBe(2)
    while ((await connections()) === 2 && Date.now() - swallowedAt < 40_000) await pause(200)

    expect(await connections()).toBe(1)
    expect(Date.now() - swallowedAt).toBeLessThan(30_000)
    await expect(kept.run('{ __typename }')).resolves.toHaveProperty('data')
  }, 60_000)
})
