import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEventStream } from '../support/event-stream.ts'
import { post } from '../support/graphql-client.ts'
import { OWN_SECRET, startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openSocket } from '../support/socket.ts'
import { signToken, unsignedToken } from '../support/tokens.ts'

const AUDIENCE = 'rostrum'
const ISSUER = 'https://issuer.example'
const GOOD = { aud: AUDIENCE, iss: ISSUER }

let node: TestNode

beforeAll(async () => {
  const env = { JWT_AUDIENCE: AUDIENCE, JWT_ISSUER: ISSUER }
  node = await startNode({ databaseUrl: await freshDatabase(), env })
})
afterAll(() => node[Symbol.asyncDispose]())

const refused = { errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }] }

async function expectRefusal(response: Response): Promise<void> {
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
  expect(await response.json()).toEqual(refused)
}

describe.each<readonly [string, () => Promise<string> | string]>([
  ['that is no token', () => 'rubbish'],
  ['with alg none', () => unsignedToken('ada')],
  ['that is forged', () => signToken('ada', { claims: GOOD, secret: 'x'.repeat(48) })],
  ['whose payload was changed', () => tamper(signToken('ada', { claims: GOOD }))],
  ['that has expired', () => signToken('ada', { claims: GOOD, lifetimeMs: -1 })],
  ['without exp', () => signToken('ada', { claims: { ...GOOD, exp: undefined } })],
  ['for another audience', () => signToken('ada', { claims: { ...GOOD, aud: 'other' } })],
  ['for no audience', () => signToken('ada', { claims: { iss: ISSUER } })],
  ['from another issuer', () => signToken('ada', { claims: { ...GOOD, iss: 'https://evil.example' } })],
  [
    'that is not valid yet',
    () => signToken('ada', { claims: { ...GOOD, nbf: (Date.now() + 60_000) / 1000 } }),
  ],
  ['without sub', () => signToken('ada', { claims: { ...GOOD, sub: undefined } })],
])('A token %s', (_name, make) => {
  test('is refused over HTTP', async () => {
    const headers = { authorization: `Bearer ${await make()}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ query: '{ __typename }' })
    await expectRefusal(await fetch(`${node.url}/graphql`, { method: 'POST', headers, body }))
    await expectRefusal(await fetch(`${node.url}/graphql?query={__typename}`, { headers }))
  })

  test('is refused for server-sent events, in the header and in the URL', async () => {
    const token = await make()
    const query = 'subscription { serverTime }'
    const headers = { authorization: `Bearer ${token}` }
    await using byHeader = await openEventStream(node.url, { query, headers })
    await expectRefusal(byHeader.response)
    await using byAddress = await openEventStream(node.url, { query, token })
    await expectRefusal(byAddress.response)
  })

  test('closes a WebSocket with 4403 after connection_init', async () => {
    const token = await make()
    for (const payload of [{ authorization: `Bearer ${token}` }, { token }]) {
      using socket = await openSocket(node.wsUrl)
      socket.send({ type: 'connection_init', payload })
      expect(await socket.closed).toEqual({ code: 4403, reason: expect.stringMatching(/./) })
    }
  })

  test('closes a WebSocket with 4403 after a successful upgrade', async () => {
    const token = await make()
    using byHeader = await openSocket(node.wsUrl, { headers: { authorization: `Bearer ${token}` } })
    expect(await byHeader.closed).toMatchObject({ code: 4403 })
    using byAddress = await openSocket(`${node.wsUrl}?token=${token}`)
    expect(await byAddress.closed).toMatchObject({ code: 4403 })
  })
})

/** The same signature with another user's claims. */
async function tamper(made: Promise<string>): Promise<string> {
  const [head, , signature] = (await made).split('.')
  const [, payload] = (await signToken('eve', { claims: GOOD })).split('.')
  return [head, payload, signature].join('.')
}

describe('A good token', () => {
  test('is accepted if audience and issuer match', async () => {
    const token = await signToken('ada', { claims: { ...GOOD, aud: ['other', AUDIENCE] } })
    const { data } = await post(node.url, '{ viewer { user { id } } }', {}, token)
    expect(data).toEqual({ viewer: { user: { id: 'ada' } } })
  })

  test('of /dev/token names both', async () => {
    const env = { JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, ...OWN_SECRET }
    await using issuing = await startNode({ databaseUrl: await freshDatabase(), env })
    const { data } = await post(issuing.url, '{ viewer { user { id } } }', {}, await issuing.token('ada'))
    expect(data).toEqual({ viewer: { user: { id: 'ada' } } })
  })

  test('in the header does not override a bad one in the URL', async () => {
    const headers = { authorization: `Bearer ${await node.token('ada')}` }
    await using stream = await openEventStream(node.url, {
      query: '{ __typename }',
      headers,
      token: 'rubbish',
    })
    await expectRefusal(stream.response)
    using socket = await openSocket(`${node.wsUrl}?token=rubbish`, { headers })
    expect(await socket.closed).toMatchObject({ code: 4403 })
  })

  test('in the header may be repeated in the URL', async () => {
    const token = await node.token('ada')
    const headers = { authorization: `Bearer ${token}` }
    using socket = await openSocket(`${node.wsUrl}?token=${token}`, { headers })
    expect(await socket.init({ token })).toMatchObject({ user: { id: 'ada' } })
  })

  test('does not override a bad one on the upgrade', async () => {
    using socket = await openSocket(`${node.wsUrl}?token=rubbish`)
    socket.send({ type: 'connection_init', payload: { token: await node.token('ada') } })
    expect(await socket.closed).toMatchObject({ code: 4403 })
  })
})

describe('A malformed bearer token', () => {
  test.each(['Basic YWRhOnNlY3JldA==', 'Bearer', 'Bearer a b', 'token'])(
    '%j as Authorization is refused, never downgraded to a visitor',
    async (authorization) => {
      await expectRefusal(
        await fetch(`${node.url}/graphql?query={__typename}`, { headers: { authorization } }),
      )
      using socket = await openSocket(node.wsUrl)
      socket.send({ type: 'connection_init', payload: { authorization } })
      expect(await socket.closed).toMatchObject({ code: 4403 })
    },
  )

  test.each([{ token: 7 }, { token: {} }, { authorization: ['x'] }, { token: '' }])(
    '%j as connection_init is refused',
    async (payload) => {
      using socket = await openSocket(node.wsUrl)
      socket.send({ type: 'connection_init', payload })
      expect(await socket.closed).toMatchObject({ code: 4403 })
    },
  )
})
