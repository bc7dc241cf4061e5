import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEventStream } from '../support/event-stream.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openSocket, type Socket } from '../support/socket.ts'
import { signToken } from '../support/tokens.ts'

const LIFETIME_MS = 1_000
const TIME = 'subscription { serverTime(everyMs: 100) }'
const AUTHENTICATE = 'mutation ($token: String!) { authenticate(token: $token) { __typename } }'

let node: TestNode

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
})
afterAll(() => node[Symbol.asyncDispose]())

async function openSignedIn(token: string): Promise<Socket> {
  const socket = await openSocket(node.wsUrl)
  await socket.init({ token })
  return socket
}

/** A token that expires soon, and a connection that closes at that time. */
async function startFuse(): Promise<{ readonly token: string; readonly burnt: Promise<unknown> }> {
  const token = await signToken('ada', { lifetimeMs: LIFETIME_MS })
  const socket = await openSignedIn(token)
  return { token, burnt: socket.closed }
}

describe.concurrent('When its token expires', () => {
  test('a WebSocket is closed with 4403, not before', async () => {
    const expiresAt = Date.now() + LIFETIME_MS
    const token = await signToken('ada', { claims: { exp: expiresAt / 1000 } })
    using socket = await openSignedIn(token)
    socket.subscribe(TIME)
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Token expired' })
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt)
    expect(Date.now()).toBeLessThan(expiresAt + 1_000)
  })

  test('a WebSocket signed in by its upgrade is closed, too', async () => {
    const token = await signToken('ada', { lifetimeMs: LIFETIME_MS })
    using socket = await openSocket(`${node.wsUrl}?token=${token}`)
    await socket.init()
    expect(await socket.closed).toMatchObject({ code: 4403 })
  })

  test('a stream of server-sent events ends with an UNAUTHENTICATED error and complete', async () => {
    const token = await signToken('ada', { lifetimeMs: LIFETIME_MS })
    await using stream = await openEventStream(node.url, { query: TIME, token })
    const events = await stream.rest()
    expect(events.length).toBeGreaterThan(2)
    expect(events.slice(-2)).toEqual([
      {
        event: 'next',
        data: { errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }] },
      },
      { event: 'complete', data: null },
    ])
  })

  test('a WebSocket that was renewed by authenticate stays open', async () => {
    const { token, burnt } = await startFuse()
    using socket = await openSignedIn(token)
    const time = socket.subscribe(TIME)
    expect(await socket.run(AUTHENTICATE, { token: await signToken('ada') })).toEqual({
      data: { authenticate: { __typename: 'Authenticated' } },
    })
    await burnt
    expect(await socket.run('{ viewer { user { id } } }')).toEqual({
      data: { viewer: { user: { id: 'ada' } } },
    })
    await socket.receive('next', time)
  })

  test('a WebSocket that was renewed by a ping stays open', async () => {
    const { token, burnt } = await startFuse()
    using socket = await openSignedIn(token)
    socket.send({ type: 'ping', payload: { authorization: `Bearer ${await signToken('ada')}` } })
    await socket.receive('pong')
    await burnt
    expect(await socket.run('{ viewer { user { id } } }')).toEqual({
      data: { viewer: { user: { id: 'ada' } } },
    })
  })

  test('a WebSocket whose renewal was refused is closed all the same', async () => {
    const { token } = await startFuse()
    using socket = await openSignedIn(token)
    expect(await socket.run(AUTHENTICATE, { token: await signToken('eve') })).toEqual({
      data: { authenticate: { __typename: 'Rejected' } },
    })
    expect(await socket.closed).toMatchObject({ code: 4403 })
  })

  test('a visitor’s connection stays open', async () => {
    const { burnt } = await startFuse()
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    await burnt
    expect(await socket.run('{ __typename }')).toEqual({ data: { __typename: 'Query' } })
  })
})
