import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEventStream } from '../support/event-stream.ts'
import { post } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { openSocket, type Socket } from '../support/socket.ts'
import { signToken } from '../support/tokens.ts'

const REVOKE = 'mutation ($userId: ID!, $reason: String!) { revokeUser(userId: $userId, reason: $reason) }'
const TIME = 'subscription { serverTime(everyMs: 100) }'
const VIEWER = '{ viewer { user { id } } }'

let redis: RedisServer
let nodes: readonly [TestNode, TestNode]
let admin: string
let databaseUrl: string

beforeAll(async () => {
  redis = await startRedis()
  databaseUrl = await freshDatabase()
  const options = { databaseUrl, redisUrl: redis.url }
  nodes = [await startNode(options), await startNode(options)]
  admin = await signToken('root', { claims: { roles: ['admin'] } })
})

afterAll(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

const somebody = (): string => `user-${randomUUID()}`

async function revoke(userId: string, { by = admin, reason = 'Fraud' } = {}): Promise<unknown> {
  const { data, errors } = await post(nodes[0].url, REVOKE, { userId, reason }, by)
  return errors?.[0]?.extensions?.['code'] ?? data?.['revokeUser']
}

/** A connection that subscribes to the clock. */
async function open(node: TestNode, token: string): Promise<Socket> {
  const socket = await openSocket(node.wsUrl)
  await socket.init({ token })
  await socket.receive('next', socket.subscribe(TIME))
  return socket
}

async function viewerOf(node: TestNode, token: string): Promise<unknown> {
  const { data, errors } = await post(node.url, VIEWER, {}, token)
  return errors?.[0]?.extensions?.['code'] ?? data?.['viewer']
}

describe('a user who is revoked', () => {
  test('loses all connections on every node within a second, and others keep theirs', async () => {
    const [id, other] = [somebody(), somebody()]
    const token = await signToken(id)
    const sockets = [await open(nodes[0], token), await open(nodes[1], token), await open(nodes[1], token)]
    using bystander = await open(nodes[1], await signToken(other))
    await using stream = await openEventStream(nodes[1].url, { query: TIME, token })
    await stream.next()
    expect(await revoke(id)).toBe(true)
    const revokedAt = Date.now()
    for (const socket of sockets) expect(await socket.closed).toMatchObject({ code: 4401 })
    const last = (await stream.rest()).slice(-2)
    expect(Date.now() - revokedAt).toBeLessThan(1_000)
    expect(last).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'FORBIDDEN' } }] } },
      { event: 'complete' },
    ])
    await bystander.receive('next')
  })

  test('is refused with the old token everywhere, and let in with a new one', async () => {
    const id = somebody()
    const [old, without] = [await signToken(id), await signToken(id, { claims: { iat: undefined } })]
    expect(await viewerOf(nodes[1], without)).toMatchObject({ user: { id } })
    await revoke(id)
    for (const node of nodes) {
      await expect.poll(() => viewerOf(node, old), { timeout: 1_000, interval: 20 }).toBe('UNAUTHENTICATED')
      expect(await viewerOf(node, without)).toBe('UNAUTHENTICATED')
      using socket = await openSocket(node.wsUrl)
      socket.send({ type: 'connection_init', payload: { token: old } })
      expect(await socket.closed).toMatchObject({ code: 4403 })
      expect(await viewerOf(node, await signToken(id))).toMatchObject({ user: { id } })
    }
  })

  test('cannot renew with an old token, and stays in with a new one', async () => {
    const id = somebody()
    const old = await signToken(id)
    await revoke(id)
    using socket = await open(nodes[0], await signToken(id))
    const renew = 'mutation ($token: String!) { authenticate(token: $token) { __typename } }'
    expect(await socket.run(renew, { token: old })).toMatchObject({
      data: { authenticate: { __typename: 'Rejected' } },
    })
    expect(await socket.run(VIEWER)).toMatchObject({ data: { viewer: { user: { id } } } })
  })

  test('stays revoked when a node restarts, and on nodes that have never seen the user', async () => {
    const id = somebody()
    const old = await signToken(id)
    await revoke(id)
    await using node = await startNode({ databaseUrl, redisUrl: redis.url })
    expect(await viewerOf(node, old)).toBe('UNAUTHENTICATED')
  })

  test('is revoked again by a second call, with the tokens in between', async () => {
    const id = somebody()
    await revoke(id)
    const between = await signToken(id)
    expect(await viewerOf(nodes[0], between)).toMatchObject({ user: { id } })
    expect(await revoke(id)).toBe(true)
    expect(await viewerOf(nodes[0], between)).toBe('UNAUTHENTICATED')
  })
})

describe('revoking', () => {
  test.for([
    { who: 'a visitor', roles: null, code: 'UNAUTHENTICATED' },
    { who: 'a user', roles: [], code: 'FORBIDDEN' },
    { who: 'a moderator', roles: ['moderator'], code: 'FORBIDDEN' },
    { who: 'a service', roles: ['service'], code: 'FORBIDDEN' },
  ])('is refused to $who', async ({ roles, code }) => {
    const by = roles === null ? '' : await signToken(somebody(), { claims: { roles } })
    const { errors } = await post(
      nodes[0].url,
      REVOKE,
      { userId: somebody(), reason: 'Spite' },
      by === '' ? undefined : by,
    )
    expect(errors?.[0]?.extensions?.['code']).toBe(code)
  })

  test.for(['', '  ', 'x'.repeat(501)])('needs a reason: %j', async (reason) => {
    expect(await revoke(somebody(), { reason })).toBe('BAD_USER_INPUT')
  })
})

describe('while the bus is down', () => {
  test('a revocation holds on the other node within ten seconds', async () => {
    const id = somebody()
    const token = await signToken(id)
    using socket = await open(nodes[1], token)
    await redis.kill()
    expect(await revoke(id)).toBe(true)
    const revokedAt = Date.now()
    expect(await socket.closed).toMatchObject({ code: 4401 })
    expect(Date.now() - revokedAt).toBeLessThan(10_000)
    expect(await viewerOf(nodes[1], token)).toBe('UNAUTHENTICATED')
    await redis.restart()
    const isReady = async (node: TestNode) => (await fetch(`${node.url}/ready`)).ok
    await expect
      .poll(async () => (await Promise.all(nodes.map(isReady))).every(Boolean), { timeout: 20_000 })
      .toBe(true)
  }, 60_000)
})
