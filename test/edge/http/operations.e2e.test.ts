import { once } from 'node:events'
import { type IncomingMessage, request as sendRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../../support/node.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'
import { makeRoom } from '../../support/rooms.ts'

const ECHO = 'query Say($message: String!) { echo(message: $message) }'
const JOIN = 'mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { __typename } }'
const RESPONSE_JSON = 'application/graphql-response+json'

let node: TestNode
let ada: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  ada = await node.token('ada')
})
afterAll(() => node[Symbol.asyncDispose]())

function get(parameters: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${node.url}/graphql?${new URLSearchParams(parameters)}`, {
    headers: { accept: RESPONSE_JSON, ...headers },
  })
}

function post(body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { accept: RESPONSE_JSON, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

describe('A query over HTTP', () => {
  test('is answered to GET', async () => {
    const response = await get({
      query: ECHO,
      operationName: 'Say',
      variables: JSON.stringify({ message: 'Grüße, 世界 &+%' }),
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(`${RESPONSE_JSON}; charset=utf-8`)
    expect(await response.json()).toEqual({ data: { echo: 'Grüße, 世界 &+%' } })
  })

  test('is answered to POST', async () => {
    const response = await post({ query: ECHO, variables: { message: 'Grüße, 世界' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(`${RESPONSE_JSON}; charset=utf-8`)
    expect(await response.json()).toEqual({ data: { echo: 'Grüße, 世界' } })
  })

  test('is answered as plain JSON on request', async () => {
    const response = await post(
      { query: ECHO, variables: { message: 'hello' } },
      { accept: 'application/json' },
    )
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({ data: { echo: 'hello' } })
  })

  test.each([
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query ($message: String!) { echo(message: $message) }', 'BAD_USER_INPUT'],
  ])('that is wrong, %j, is answered 400 with %s', async (query, code) => {
    for (const response of [await get({ query }), await post({ query })]) {
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] })
    }
  })

  test.each(['', 'no json', '[]', '{}', '{"query":7}', '{"query":"{a}","variables":"none"}'])(
    'in the body %j, which is not a request, is answered 4xx with a reason',
    async (body) => {
      const response = await post(body)
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThan(500)
      expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringMatching(/./) }] })
    },
  )

  test('that is larger than MAX_MESSAGE_BYTES is answered 413', async () => {
    const response = await post({ query: ECHO, variables: { message: 'x'.repeat(65_536) } })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })
})

describe('A mutation over HTTP', () => {
  test('works with POST', async () => {
    const roomId = await makeRoom(node, ada)
    const response = await post(
      { query: JOIN, variables: { roomId } },
      { authorization: `Bearer ${await node.token('ben')}` },
    )
    expect(await response.json()).toEqual({ data: { joinRoom: { __typename: 'MembershipPayload' } } })
  })

  test('is refused with GET: 405, and nothing happens', async () => {
    const roomId = await makeRoom(node, ada)
    const eve = { authorization: `Bearer ${await node.token('eve')}` }
    const response = await get({ query: JOIN, variables: JSON.stringify({ roomId }) }, eve)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringContaining('POST') }] })

    const { data } = (await (
      await get({ query: `{ room(id: "${roomId}") { membership { role } } }` }, eve)
    ).json()) as { readonly data: unknown }
    expect(data).toEqual({ room: { membership: null } })
  })

  test('by a visitor is answered with the error UNAUTHENTICATED', async () => {
    const response = await post({ query: JOIN, variables: { roomId: 'room_none' } })
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })
})

describe('A method unknown to GraphQL over HTTP', () => {
  // `fetch` refuses to send TRACE.
  test.each(['HEAD', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PURGE'])('%s is answered 405', async (method) => {
    const request = sendRequest(`${node.url}/graphql?query={__typename}`, { method }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(405)
    expect(response.headers.allow).toContain('GET, POST')
  })
})

describe('A subscription over plain HTTP', () => {
  test.each([RESPONSE_JSON, 'application/json', '*/*'])(
    'is refused with the alternatives, accepting %s',
    async (accept) => {
      const query = 'subscription { serverTime }'
      for (const response of [await post({ query }, { accept }), await get({ query }, { accept })]) {
        expect(response.status).toBeGreaterThanOrEqual(400)
        expect(response.status).toBeLessThan(500)
        expect(await response.json()).toEqual({
          errors: [
            {
              message: expect.stringMatching(/WebSocket.*text\/event-stream/),
              extensions: { code: 'BAD_REQUEST' },
            },
          ],
        })
      }
    },
  )
})
