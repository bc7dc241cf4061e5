import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openSocket } from '../support/socket.ts'

const QUERY = '{ __typename }'
const ECHO = 'query ($message: String!) { echo(message: $message) }'
const ACCEPTS = [
  'application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'multipart/mixed;subscriptionSpec=1.0, application/json',
]

let node: TestNode

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
})
/** After all tests: no client input was logged as an internal error. */
afterAll(async () => {
  await node.stop()
  const log = (await node.exited).split('\n').filter((line) => line.startsWith('{'))
  await node[Symbol.asyncDispose]()
  expect(log.filter((line) => Number(JSON.parse(line).level) >= 50)).toEqual([])
})

/** Whatever was sent, it is reported as a client error. */
async function expectRefusal(response: Response): Promise<void> {
  const text = await response.text()
  expect(response.status, text).toBeLessThan(500)
  expect(text).not.toContain('INTERNAL_SERVER_ERROR')
  if (response.status === 200) expect(text).toMatch(/"code":"[A-Z_]+"/)
  expect(response.headers.get('cache-control')).toContain('no-store')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
}

const encoded = (text: string): string => encodeURIComponent(text)
const SEARCHES = [
  '',
  'query',
  'query=',
  'query=%7B',
  'query=%',
  'query=%FF%FE',
  'query=%00',
  `query=${encoded(QUERY)}&query=${encoded(QUERY)}`,
  `query=${encoded(QUERY)}&variables={`,
  `query=${encoded(QUERY)}&variables=[]`,
  `query=${encoded(QUERY)}&variables=7`,
  `query=${encoded(QUERY)}&variables=%22text%22`,
  `query=${encoded(QUERY)}&variables={}&variables={}`,
  `query=${encoded(QUERY)}&extensions={`,
  `query=${encoded(QUERY)}&extensions=[]`,
  `query=${encoded(QUERY)}&operationName=None`,
  `query=${encoded(ECHO)}&variables=${encoded('{"message":1e999}')}`,
  `query=${encoded(ECHO)}&variables=${encoded('{"message":{}}')}`,
  `query=${encoded('subscription { announcements(after: 7) { __typename } }')}`,
  'documentId=',
  'extensions={"persistedQuery":7}',
]

const BODIES: readonly (string | Buffer<ArrayBuffer>)[] = [
  '',
  '{',
  'null',
  '7',
  '"text"',
  '[]',
  `[{"query":"${QUERY}"}]`,
  '{}',
  '{"query":null}',
  '{"query":7}',
  '{"query":{}}',
  '{"query":""}',
  '{"query":"{"}',
  '{"query":"\\u0000"}',
  '{"query":"{ nothing }"}',
  `{"query":"${QUERY}","variables":[]}`,
  `{"query":"${QUERY}","variables":"{}"}`,
  `{"query":"${QUERY}","variables":7}`,
  `{"query":"${QUERY}","operationName":7}`,
  `{"query":"${QUERY}","operationName":{}}`,
  `{"query":"${QUERY}","extensions":[]}`,
  `{"query":"${QUERY}","extensions":7}`,
  `{"query":"${QUERY}","documentId":7,"bananas":1}`,
  `{"query":"${ECHO}","variables":{"message":1e999}}`,
  `{"query":"${ECHO}","variables":{"message":["a"]}}`,
  `{"query":"${ECHO}","variables":{"__proto__":{"message":"a"}}}`,
  `{"documentId":{"a":1}}`,
  `{"extensions":{"persistedQuery":{"sha256Hash":7}}}`,
  Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
  Buffer.concat([Buffer.from('{"query":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
  Buffer.from([0x00, 0x00]),
  `${'['.repeat(20_000)}`,
  `{"query":"${'{a'.repeat(5_000)}"}`,
]

describe.each(ACCEPTS)('A malformed request, accepting %s', (accept) => {
  test.each(SEARCHES)('is refused in a URL: %s', async (search) => {
    await expectRefusal(await fetch(`${node.url}/graphql?${search}`, { headers: { accept } }))
  })

  test('is refused in a body', async () => {
    for (const body of BODIES) {
      const headers = { accept, 'content-type': 'application/json' }
      await expectRefusal(await fetch(`${node.url}/graphql`, { method: 'POST', headers, body }))
    }
  })

  test.each([
    ['application/x-www-form-urlencoded', 'query=%7B__typename%7D'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n{a}\r\n--x--',
    ],
    ['text/plain', `{"query":"${QUERY}"}`],
    ['application/graphql', QUERY],
    ['application/json; charset=utf-16', `{"query":"${QUERY}"}`],
    ['', `{"query":"${QUERY}"}`],
  ])('is 415 as %j', async (type, text) => {
    const headers = { accept, 'content-type': type }
    const response = await fetch(`${node.url}/graphql`, { method: 'POST', headers, body: Buffer.from(text) })
    expect(response.status).toBe(415)
    await expectRefusal(response)
  })

  test('is 415 in an unsupported encoding', async () => {
    const headers = { accept, 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const response = await fetch(`${node.url}/graphql`, { method: 'POST', headers, body: randomBytes(40) })
    expect(response.status).toBe(415)
    await expectRefusal(response)
  })
})

describe('A body in JSON', () => {
  test.each([
    'application/json',
    'application/json;charset=utf-8',
    'Application/JSON; Charset=UTF-8',
    'application/json; charset="utf8"',
    'application/graphql+json',
    'application/graphql-response+json',
  ])('is read as %s', async (type) => {
    const headers = { 'content-type': type }
    const body = JSON.stringify({ query: QUERY })
    const response = await fetch(`${node.url}/graphql`, { method: 'POST', headers, body })
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
  })
})

describe('Noise', () => {
  test('on sockets and in messages leaves the node healthy', async () => {
    for (let each = 0; each < 50; each += 1) {
      const socket = connect(Number(new URL(node.url).port), '127.0.0.1')
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.end(
        Buffer.concat([
          Buffer.from(`GET /graphql?query=`),
          randomBytes(60),
          Buffer.from(' HTTP/1.1\r\n\r\n'),
        ]),
      )
      socket.resume()
      await once(socket, 'close')
    }
    for (const body of BODIES) {
      using socket = await openSocket(node.wsUrl)
      await socket.init()
      socket.send(`{"type":"subscribe","id":"1","payload":${body}}`)
      socket.send({ type: 'ping' })
      const answered = socket.receive('pong').then(() => socket.taken('error', '1'))
      const text = JSON.stringify(await answered.catch(() => socket.closed))
      expect(text).not.toContain('INTERNAL_SERVER_ERROR')
      // Unknown members of a message are ignored.
      if (text !== '[]') expect(text).toMatch(/"code":(4400|1007|"[A-Z_]+")/)
    }
    expect(await (await fetch(`${node.url}/graphql?query=${encoded(QUERY)}`)).json()).toHaveProperty('data')
  })
})
