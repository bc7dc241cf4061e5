import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { BROKEN_FRAMES, codeIn, openTcp, restOf, upgrade } from '../support/broken-frames.ts'
import { type Caller, caughtUp, codeOfEnd, createCaller } from '../support/caller.ts'
import type { GraphqlResult, Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openRawSocket, operate, type RawSocket } from '../support/raw-socket.ts'
import {
  AUCTION_QUERY,
  type Auction,
  type AuctionAnswer,
  type AuctionEntry,
  BIDS,
  CREATE_AUCTION,
  PLACE_BID,
} from './auction-documents.ts'
import {
  CREATE_ROOM,
  MESSAGE_PAGE,
  MESSAGES,
  type MessageAnswer,
  type MessageEntry,
  NODE_QUERY,
  REMOVE_MEMBER,
  ROOM_QUERY,
  ROOM_STATE,
  type Room,
  type RoomAnswer,
  SEND,
} from './room-documents.ts'

const MAX_MESSAGE_BYTES = 65_536
const ECHO = 'query ($message: String!) { echo(message: $message) }'

let node: TestNode
let ann: Caller
let healthy: Caller
let room: Room
let entries: Recording<MessageEntry>
let sent = 0

beforeAll(async () => {
  node = await startNode({
    databaseUrl: await freshDatabase(),
    // Pages of a hundred, with all that there is to see.
    env: { MAX_QUERY_COMPLEXITY: '5000' },
  })
  ann = await createCaller(node, 'ann')
  healthy = await createCaller(node, 'healthy')
  const input = { name: 'A room', kind: 'AUCTION', visibility: 'PUBLIC' }
  room = (await ann.ask<RoomAnswer>(CREATE_ROOM, { input })).room
  entries = healthy.record(MESSAGES, { roomId: room.id, after: room.messagesCursor })
})

afterAll(async () => {
  for (const each of [ann, healthy]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** Whatever a test has sent: who was connected all the while still gets entries, and the server is ready. */
afterEach(async () => {
  await send({})
  sent += 1
  const received = await entries.take(sent)
  expect(received.at(-1)).toMatchObject({ __typename: 'MessageSent', offset: sent })
  expect((await fetch(`${node.url}/ready`)).status).toBe(200)
})

function send(input: object): Promise<MessageAnswer> {
  const given = { roomId: room.id, body: 'Hello', clientMessageId: randomUUID(), ...input }
  return ann.ask<MessageAnswer>(SEND, { input: given })
}

async function createAuction(): Promise<Auction> {
  const endsAt = new Date(Date.now() + 3_600_000).toISOString()
  const input = { roomId: room.id, title: 'A lot', currency: 'EUR', startingPrice: 500, endsAt }
  return (await ann.ask<AuctionAnswer>(CREATE_AUCTION, { input })).auction
}

interface HttpAnswer {
  readonly status: number
  readonly code: unknown
  readonly data: unknown
}

/** What `body` is answered with over HTTP; a string goes as it is. */
async function postBody(body: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      authorization: `Bearer ${ann.token}`,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const { data, errors } = (text === '' ? {} : JSON.parse(text)) as GraphqlResult
  return { status: response.status, code: errors?.[0]?.extensions?.['code'], data }
}

async function openSocket(options: { readonly init?: boolean } = {}): Promise<RawSocket> {
  const socket = await openRawSocket(node.wsUrl, { token: ann.token, ...options })
  onTestFinished(() => socket[Symbol.dispose]())
  return socket
}

/** What an operation is answered with over a WebSocket: the code of the first error, of an `error` frame or in a result. */
async function codeOverWs(payload: object): Promise<unknown> {
  const socket = await openSocket()
  const frame = await operate(socket, 'op', payload)
  const errors = frame.type === 'error' ? frame.payload : (frame.payload as GraphqlResult).errors
  expect(Array.isArray(errors)).toBe(true)
  const [error] = errors as NonNullable<GraphqlResult['errors']>
  // The connection is none the worse for it.
  expect(await operate(socket, 'next one', { query: '{ __typename }' })).toMatchObject({ type: 'next' })
  return error?.extensions?.['code']
}

const deep = (open: string, close: string, depth: number, middle = ''): string =>
  open.repeat(depth) + middle + close.repeat(depth)

describe('a body over HTTP', () => {
  test.for([
    { called: 'broken JSON', body: '{"query": ' },
    { called: 'nothing', body: '' },
    { called: 'an array', body: '[]' },
    { called: 'an array of operations', body: '[{"query":"{__typename}"}]' },
    { called: 'null', body: 'null' },
    { called: 'a string', body: '"{__typename}"' },
    { called: 'without a query', body: '{}' },
    { called: 'with a query that is a number', body: '{"query":5}' },
    { called: 'with variables that are an array', body: '{"query":"{__typename}","variables":[1]}' },
    { called: 'with variables that are a string', body: '{"query":"{__typename}","variables":"a"}' },
    { called: 'that nests 30,000 arrays', body: deep('[', ']', 30_000) },
  ])('that is $called is answered 400', async ({ body }) => {
    expect(await postBody(body)).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  })

  test('one byte above 64 KiB is answered 413, and one of 64 KiB is served', async () => {
    const bare = JSON.stringify({ query: '{ __typename }', extensions: { a: '' } })
    const full = bare.replace('"a":""', `"a":"${'a'.repeat(MAX_MESSAGE_BYTES - bare.length)}"`)
    expect(full).toHaveLength(MAX_MESSAGE_BYTES)
    expect(await postBody(full)).toMatchObject({ status: 200, data: { __typename: 'Query' } })
    expect(await postBody(`${full} `)).toMatchObject({ status: 413 })
  })

  test('of another type is answered 415', async () => {
    expect(await postBody('{"query":"{__typename}"}', { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
    })
  })

  test('that is not UTF-8 is answered 400, or read with replacement characters', async () => {
    const response = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat([Buffer.from('{"query":"{ echo(message: \\"'), Buffer.from([0xff, 0xfe])]),
    })
    expect(response.status).toBe(400)
    await response.text()
  })
})

describe('a document', () => {
  const cases = [
    { called: 'is empty', query: '', code: 'GRAPHQL_PARSE_FAILED' },
    { called: 'is blank', query: ' \n', code: 'GRAPHQL_PARSE_FAILED' },
    { called: 'does not parse', query: '{ echo(', code: 'GRAPHQL_PARSE_FAILED' },
    { called: 'holds U+0000', query: '{ \0 }', code: 'GRAPHQL_PARSE_FAILED' },
    { called: 'names an unknown field', query: '{ nonsense }', code: 'GRAPHQL_VALIDATION_FAILED' },
    {
      called: 'names an unknown type',
      query: '{ ... on Nonsense { id } }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    {
      called: 'names an unknown argument',
      query: '{ rooms(x: 1) { edges { cursor } } }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    { called: 'lacks an argument', query: '{ echo }', code: 'GRAPHQL_VALIDATION_FAILED' },
    {
      called: 'gives an argument of another type',
      query: '{ echo(message: 5) }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    { called: 'selects nothing of an object', query: '{ server }', code: 'GRAPHQL_VALIDATION_FAILED' },
    {
      called: 'uses an undefined variable',
      query: '{ echo(message: $m) }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    {
      called: 'spreads a fragment into itself',
      query: '{ ...F } fragment F on Query { ...F }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    {
      called: 'has two operations and no name for one',
      query: 'query A { __typename } query B { __typename }',
      code: 'OPERATION_RESOLUTION_FAILURE',
    },
    {
      called: 'writes an Amount as a fraction',
      query: 'mutation { buyNow(auctionId: "a", price: 1.5, idempotencyKey: "k") { __typename } }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    {
      called: 'writes an Amount of 2^53',
      query:
        'mutation { buyNow(auctionId: "a", price: 9007199254740992, idempotencyKey: "k") { __typename } }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    { called: 'nests 10,000 selections', query: deep('{a', '}', 10_000), code: 'QUERY_TOO_COMPLEX' },
    {
      called: 'nests 20,000 lists',
      query: `{ echo(message: ${deep('[', ']', 20_000)}) }`,
      code: 'QUERY_TOO_COMPLEX',
    },
    {
      called: 'nests 5,000 objects',
      query: `{ echo(message: ${deep('{a:', '}', 5_000, '1')}) }`,
      code: 'QUERY_TOO_COMPLEX',
    },
  ]

  test.for(cases)('that $called is $code over HTTP, with status 400', async ({ query, code }) => {
    expect(await postBody({ query })).toMatchObject({ status: 400, code })
  })

  test.for(cases)('that $called is $code over a WebSocket', async ({ query, code }) => {
    expect(await codeOverWs({ query })).toBe(code)
  })

  test('with an operationName that it does not have is OPERATION_RESOLUTION_FAILURE', async () => {
    const request = { query: 'query A { __typename }', operationName: 'B' }
    expect(await postBody(request)).toMatchObject({ status: 400, code: 'OPERATION_RESOLUTION_FAILURE' })
    expect(await codeOverWs(request)).toBe('OPERATION_RESOLUTION_FAILURE')
  })

  test.for([
    { called: 'two root fields', query: 'subscription { a: serverTime b: serverTime }' },
    {
      called: 'two root fields by a fragment',
      query: 'subscription { serverTime ...F } fragment F on Subscription { announcements { __typename } }',
    },
    { called: '__typename alone', query: 'subscription { __typename }' },
    { called: 'an unknown field', query: 'subscription { nonsense }' },
  ])('that subscribes to $called is GRAPHQL_VALIDATION_FAILED', async ({ query }) => {
    expect(await codeOverWs({ query })).toBe('GRAPHQL_VALIDATION_FAILED')
    expect(await postBody({ query })).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' })
  })

  test('that skips its only subscription field is refused', async () => {
    const query = 'subscription ($skip: Boolean!) { serverTime @skip(if: $skip) }'
    expect(await codeOverWs({ query, variables: { skip: true } })).toBe('GRAPHQL_VALIDATION_FAILED')
  })
})

describe('variables', () => {
  const BUY = `mutation ($price: Amount!) { buyNow(auctionId: "a", price: $price, idempotencyKey: "k") {
    ... on Rejected { code } } }`
  const UPDATE =
    'mutation ($at: DateTime) { updateRoom(input: { roomId: "r", endsAt: $at }) { ... on Rejected { code } } }'
  const cases: readonly {
    readonly called: string
    readonly status?: number
    readonly query: string
    readonly variables: object
  }[] = [
    { called: 'lack a required one', query: ECHO, variables: {} },
    { called: 'have null for a required one', query: ECHO, variables: { message: null } },
    { called: 'have a number for a String', query: ECHO, variables: { message: 5 } },
    { called: 'have an object for a String', query: ECHO, variables: { message: { a: 1 } } },
    { called: 'have a text for an Amount', query: BUY, variables: { price: '500' } },
    { called: 'have a fraction for an Amount', query: BUY, variables: { price: 500.5 } },
    { called: 'have 2^53 for an Amount', query: BUY, variables: { price: 2 ** 53 } },
    { called: 'have −2^53 for an Amount', query: BUY, variables: { price: -(2 ** 53) } },
    { called: 'have true for an Amount', query: BUY, variables: { price: true } },
    { called: 'have a list for an Amount', query: BUY, variables: { price: [500] } },
    ...[
      'tomorrow',
      '',
      '2026-13-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      '2026-01-01',
      '2026-01-01T00:00:00',
      '2026-01-01T25:00:00Z',
      '+275760-09-13T00:00:00Z',
      1_700_000_000_000,
      null as unknown,
    ]
      .filter((at) => at !== null)
      .map((at) => ({
        called: `have ${JSON.stringify(at)} for a DateTime`,
        query: UPDATE,
        variables: { at },
      })),
    { called: 'have U+0000 in an id', status: 200, query: ROOM_QUERY, variables: { id: 'a\0b' } },
    {
      called: 'have half a surrogate pair in an id',
      status: 200,
      query: ROOM_QUERY,
      variables: { id: 'a\ud800' },
    },
    { called: 'have an object for an id', query: ROOM_QUERY, variables: { id: {} } },
    {
      called: 'have an unknown field in an input',
      query: PLACE_BID,
      variables: { input: { auctionId: 'a', amount: 1, idempotencyKey: 'k', extra: 1 } },
    },
    {
      called: 'lack a field of an input',
      query: PLACE_BID,
      variables: { input: { auctionId: 'a', amount: 1 } },
    },
    {
      called: 'have an unknown value of an enum',
      query: CREATE_ROOM,
      variables: { input: { name: 'A', kind: 'NONSENSE', visibility: 'PUBLIC' } },
    },
    {
      called: 'have U+0000 in a list of ids',
      status: 200,
      query: SEND,
      variables: { input: { roomId: 'r', body: 'b', clientMessageId: 'c', mentions: ['\0'] } },
    },
    {
      called: 'have __proto__ for a field of an input',
      query: PLACE_BID,
      variables: JSON.parse(
        '{"input":{"auctionId":"a","amount":1,"idempotencyKey":"k","__proto__":{"maximum":5}}}',
      ) as object,
    },
  ]

  // An id that nothing can have fits its type: that is found out by the field, so that other fields are answered.
  test.for(cases)('that $called are BAD_USER_INPUT over HTTP', async ({ status = 400, query, variables }) => {
    expect(await postBody({ query, variables })).toMatchObject({ status, code: 'BAD_USER_INPUT' })
  })

  test.for(cases)('that $called are BAD_USER_INPUT over a WebSocket', async ({ query, variables }) => {
    expect(await codeOverWs({ query, variables })).toBe('BAD_USER_INPUT')
  })

  test.for([ECHO, 'subscription ($message: ID!) { messages(roomId: $message) { __typename } }'])(
    'that the document %s does not have are ignored, __proto__ and constructor too',
    async (query) => {
      const message = room.id
      const text = `{"message":${JSON.stringify(message)},"extra":1,"__proto__":{"message":"b","polluted":1},
      "constructor":{"prototype":{"polluted":1}}}`
      const socket = await openSocket()
      socket.send(
        `{"id":"op","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":${text}}}`,
      )
      expect(await socket.frame(({ id }) => id === 'op')).toMatchObject({ type: 'next' })
      if (query === ECHO) {
        const answer = await postBody(`{"query":${JSON.stringify(ECHO)},"variables":${text}}`)
        expect(answer).toMatchObject({ status: 200, data: { echo: message } })
      }
      const plain = await ann.ask(ROOM_QUERY, { id: room.id })
      expect(plain).not.toHaveProperty('polluted')
    },
  )

  test('that nest 30,000 arrays are BAD_USER_INPUT', async () => {
    const text = `{"query":${JSON.stringify(ECHO)},"variables":{"message":${deep('[', ']', 30_000)}}}`
    expect(await postBody(text)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' })
    const socket = await openSocket()
    socket.send(`{"id":"op","type":"subscribe","payload":${text}}`)
    expect(await socket.frame(({ id }) => id === 'op')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  test('are echoed with every character that JSON can say', async () => {
    const message = 'a\0b "\\ \u2028 \u{1F600} \u202e é'
    expect(await ann.ask(ECHO, { message })).toBe(message)
  })
})

describe('an id', () => {
  test.for([
    { called: '60,000 characters long', id: 'a'.repeat(60_000) },
    { called: '10,000 characters outside the BMP long', id: '\u{1F600}'.repeat(10_000) },
    { called: 'empty', id: '' },
    { called: 'of another kind', id: 'msg_nowhere' },
    { called: 'full of quotes', id: `'; DROP TABLE rooms; --"` },
    { called: 'with a colon, as topics have one', id: 'global:global' },
    { called: '__proto__', id: '__proto__' },
  ])('that is $called names nothing', async ({ id }) => {
    expect((await ann.answer(ROOM_QUERY, { id })).data).toEqual({ room: null })
    expect((await ann.answer(NODE_QUERY, { id })).data).toEqual({ node: null })
    expect((await ann.answer(AUCTION_QUERY, { id })).data).toEqual({ auction: null })
    expect(await send({ roomId: id })).toMatchObject({ code: 'NOT_FOUND' })
    const input = { auctionId: id, amount: 500, idempotencyKey: randomUUID() }
    expect(await ann.ask(PLACE_BID, { input })).toMatchObject({ code: 'NOT_FOUND' })
    const removal = { roomId: room.id, userId: id }
    expect(await ann.ask(REMOVE_MEMBER, removal)).toMatchObject({ code: 'NOT_FOUND', field: 'userId' })
    for (const [document, variables] of [
      [BIDS, { id }],
      [MESSAGES, { roomId: id }],
    ] as const) {
      expect(await codeOverWs({ query: document, variables })).toBe('NOT_FOUND')
    }
  })
})

describe('text that the database cannot store', () => {
  test.for([
    { field: 'body', input: { body: 'a\0b' } },
    { field: 'body', input: { body: 'a\udc00b' } },
    { field: 'clientMessageId', input: { clientMessageId: 'a\0b' } },
    { field: 'clientMessageId', input: { clientMessageId: 'a\ud800b' } },
    { field: 'clientMessageId', input: { clientMessageId: '' } },
  ])('in a message is INVALID_INPUT, field $field', async ({ field, input }) => {
    expect(await send(input)).toMatchObject({ code: 'INVALID_INPUT', field })
  })

  test.for(['a\0b', 'a\ud800b', ' ', 'x'.repeat(201)])(
    'in the name of a room is INVALID_INPUT',
    async (name) => {
      const input = { name, kind: 'CHAT', visibility: 'PUBLIC' }
      expect(await ann.ask(CREATE_ROOM, { input })).toMatchObject({ code: 'INVALID_INPUT', field: 'name' })
    },
  )
})

describe('a cursor', () => {
  /** A cursor of this topic as the server writes one, `by` entries further. */
  function beyond(cursor: string, by: number): string {
    const parts = Buffer.from(cursor, 'base64url').toString().split('.')
    const offset = Number.parseInt(parts.pop() ?? '', 36) + by
    return Buffer.from([...parts, offset.toString(36)].join('.')).toString('base64url')
  }

  test.for([
    { called: 'garbage', after: 'garbage' },
    { called: 'empty', after: '' },
    { called: 'a number', after: '1' },
    { called: 'U+0000', after: '\0' },
    { called: '10,000 characters long', after: 'a'.repeat(10_000) },
    { called: 'no base64url', after: 'ä!?' },
    { called: 'without its last character', after: undefined },
  ])('that is $called is CURSOR_INVALID for a subscription', async ({ after }) => {
    const given = after ?? room.messagesCursor.slice(0, -1)
    expect(await codeOverWs({ query: MESSAGES, variables: { roomId: room.id, after: given } })).toBe(
      'CURSOR_INVALID',
    )
  })

  test('of another topic or of another kind is CURSOR_INVALID', async () => {
    const auction = await createAuction()
    const list = await ann.ask<{ readonly pageInfo: { readonly endCursor: string } }>(
      '{ rooms(first: 1) { pageInfo { endCursor } } }',
    )
    for (const after of [room.cursor, auction.cursor, list.pageInfo.endCursor]) {
      const variables = { roomId: room.id, after }
      expect(await codeOverWs({ query: MESSAGES, variables })).toBe('CURSOR_INVALID')
    }
    for (const after of [room.messagesCursor, auction.cursor]) {
      expect(await codeOverWs({ query: ROOM_STATE, variables: { roomId: room.id, after } })).toBe(
        'CURSOR_INVALID',
      )
    }
    const other = await createAuction()
    expect(await codeOverWs({ query: BIDS, variables: { id: other.id, after: auction.cursor } })).toBe(
      'CURSOR_INVALID',
    )
  })

  test('of a list is CURSOR_INVALID for another list, and so is one of a subscription', async () => {
    const { pageInfo } = await ann.ask<{ readonly pageInfo: { readonly endCursor: string } }>(
      '{ rooms(first: 1) { pageInfo { endCursor } } }',
    )
    for (const after of [pageInfo.endCursor, room.messagesCursor, 'garbage', '', '\0', 'a'.repeat(10_000)]) {
      expect(await ann.refusal(MESSAGE_PAGE, { id: room.id, after })).toBe('CURSOR_INVALID')
      expect(await ann.refusal(MESSAGE_PAGE, { id: room.id, before: after })).toBe('CURSOR_INVALID')
    }
    const page = 'query ($after: String) { rooms(after: $after) { edges { cursor } } }'
    expect(await ann.refusal(page, { after: room.cursor })).toBe('CURSOR_INVALID')
  })

  test.for([1, 1_000_000])(
    'of the right topic, %i beyond the head, brings a snapshot with reset',
    async (by) => {
      const auction = await createAuction()
      const recording = ann.record<AuctionEntry>(BIDS, { id: auction.id, after: beyond(auction.cursor, by) })
      const [snapshot] = await recording.take(1)
      expect(snapshot).toMatchObject({
        __typename: 'AuctionSnapshot',
        reset: true,
        offset: 0,
        cursor: auction.cursor,
      })
      recording.stop()
    },
  )

  test('of the room where nobody may see it is not even looked at', async () => {
    const variables = { roomId: 'nowhere', after: 'garbage' }
    expect(await codeOverWs({ query: MESSAGES, variables })).toBe('NOT_FOUND')
  })
})

describe('a page', () => {
  test.for([{ first: 101 }, { first: -1 }, { last: 101 }, { last: -1 }, { first: 1, last: 1 }])(
    'of messages with %o is BAD_USER_INPUT',
    async (args) => {
      expect(await ann.refusal(MESSAGE_PAGE, { id: room.id, ...args })).toBe('BAD_USER_INPUT')
    },
  )

  test.for([101, -1])('of rooms with first: %i is BAD_USER_INPUT', async (first) => {
    const page = 'query ($first: Int) { rooms(first: $first) { edges { cursor } } }'
    expect(await ann.refusal(page, { first })).toBe('BAD_USER_INPUT')
  })
})

describe('a message over a WebSocket', () => {
  test.for([
    { called: 'garbage', message: 'garbage' },
    { called: 'broken JSON', message: '{"type":"ping"' },
    { called: 'empty', message: '' },
    { called: 'an array', message: '[]' },
    { called: 'null', message: 'null' },
    { called: 'a number', message: '5' },
    { called: 'without a type', message: '{}' },
    { called: 'of an unknown type', message: '{"type":"nonsense"}' },
    { called: 'of the type __proto__', message: '{"type":"__proto__"}' },
    { called: 'a subscribe without a payload', message: '{"type":"subscribe","id":"a"}' },
    { called: 'a subscribe without a query', message: '{"type":"subscribe","id":"a","payload":{}}' },
    { called: 'a subscribe without an id', message: '{"type":"subscribe","payload":{"query":"{a}"}}' },
    {
      called: 'a subscribe with an empty id',
      message: '{"type":"subscribe","id":"","payload":{"query":"{a}"}}',
    },
    {
      called: 'a subscribe with variables that are an array',
      message: '{"type":"subscribe","id":"a","payload":{"query":"{a}","variables":[]}}',
    },
    { called: 'a complete without an id', message: '{"type":"complete"}' },
    { called: 'a binary frame of noise', message: Buffer.from([0, 255, 1, 254]) },
    { called: '30,000 arrays deep', message: deep('[', ']', 30_000) },
  ])('that is $called closes it with 4400', async ({ message }) => {
    const socket = await openSocket()
    socket.send(message)
    expect(await socket.closed).toBe(4400)
  })

  test('a byte above 64 KiB closes it with 1009, and one of 64 KiB is served', async () => {
    const socket = await openSocket()
    const bare = JSON.stringify({
      id: 'a',
      type: 'subscribe',
      payload: { query: '{ __typename }', extensions: { a: '' } },
    })
    const full = bare.replace('"a":""', `"a":"${'a'.repeat(MAX_MESSAGE_BYTES - bare.length)}"`)
    expect(full).toHaveLength(MAX_MESSAGE_BYTES)
    socket.send(full)
    expect(await socket.frame(({ id }) => id === 'a')).toMatchObject({ type: 'next' })
    socket.send(`${full} `)
    expect(await socket.closed).toBe(1009)
  })

  test('as a binary frame of valid JSON is answered or closes it with 4400, and never faults', async () => {
    const socket = await openSocket()
    socket.send(Buffer.from('{"type":"ping"}'))
    const outcome = await Promise.race([
      socket
        .frame(({ type }) => type === 'pong')
        .then(
          () => 'answered',
          () => 'closed',
        ),
      socket.closed,
    ])
    expect(['answered', 'closed', 4400]).toContain(outcome)
  })

  test('before the acknowledgement closes it: 4401 for an operation, 4429 for a second init', async () => {
    const early = await openSocket({ init: false })
    early.send({ id: 'a', type: 'subscribe', payload: { query: '{ __typename }' } })
    expect(await early.closed).toBe(4401)
    const twice = await openSocket()
    twice.send({ type: 'connection_init' })
    expect(await twice.closed).toBe(4429)
  })

  test('with an id that is in use closes it with 4409', async () => {
    const socket = await openSocket()
    const payload = { query: MESSAGES, variables: { roomId: room.id } }
    expect(await operate(socket, 'a', payload)).toMatchObject({ type: 'next' })
    socket.send({ id: 'a', type: 'subscribe', payload })
    expect(await socket.closed).toBe(4409)
  })

  test('with an id of more than 1 KiB closes it with 4400', async () => {
    const socket = await openSocket()
    socket.send({ id: 'a'.repeat(1_025), type: 'subscribe', payload: { query: '{ __typename }' } })
    expect(await socket.closed).toBe(4400)
  })

  test.for(['__proto__', 'constructor', 'toString', '\0', 'é"\\\n', 'a'.repeat(1_024)])(
    'with the operation id %j is answered under it, or closed by the protocol',
    async (id) => {
      const socket = await openSocket()
      socket.send({ id, type: 'subscribe', payload: { query: MESSAGES, variables: { roomId: room.id } } })
      const outcome = await Promise.race([
        socket
          .frame((frame) => frame.id === id)
          .then(
            ({ type }) => type,
            () => 'closed',
          ),
        socket.closed,
      ])
      expect(['next', 'closed', 4409]).toContain(outcome)
    },
  )

  test('that completes what was never begun is ignored', async () => {
    const socket = await openSocket()
    socket.send({ id: 'never', type: 'complete' })
    expect(await operate(socket, 'a', { query: '{ __typename }' })).toMatchObject({ type: 'next' })
  })

  test('that subscribes to what is refused ends it with one error frame, without next and complete', async () => {
    const socket = await openSocket()
    await operate(socket, 'a', { query: MESSAGES, variables: { roomId: 'nowhere' } })
    await operate(socket, 'b', { query: '{ __typename }' })
    expect(socket.frames.filter(({ id }) => id === 'a').map(({ type }) => type)).toEqual(['error'])
  })
})

describe('bytes over a raw TCP socket', () => {
  async function connected(): Promise<Socket> {
    const socket = await openTcp(node.url)
    onTestFinished(() => void socket.destroy())
    return socket
  }

  async function upgraded(): Promise<Socket> {
    const socket = await connected()
    await upgrade(socket)
    return socket
  }

  test.for(BROKEN_FRAMES)('that are $called close the WebSocket with $code', async ({ bytes, code }) => {
    const socket = await upgraded()
    const rest = restOf(socket)
    socket.write(bytes)
    expect(codeIn(await rest)).toBe(code)
  })

  test('that are no HTTP are answered 400', async () => {
    const socket = await connected()
    const rest = restOf(socket)
    socket.write('\0\x01\x02 nonsense\r\n\r\n')
    expect(String(await rest)).toContain('400 Bad Request')
  })

  test.for([
    {
      called: 'without a key',
      head: 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n',
    },
    {
      called: 'of another version',
      head: 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 5\r\n',
    },
  ])('that are an upgrade $called are answered 4xx', async ({ head }) => {
    const socket = await connected()
    const rest = restOf(socket)
    socket.write(`GET /graphql HTTP/1.1\r\nHost: localhost\r\n${head}\r\n`)
    expect(String(await rest)).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  test('that are an upgrade at an address with a broken escape do no harm', async () => {
    const socket = await connected()
    const rest = restOf(socket)
    socket.write(
      'GET //%%%/graphql?token=%E0%A4%A HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
    expect(String(await rest)).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  test.for(['//', 'http://[', '//%zz', '/graphql%00'])(
    'that ask for the address %s are answered 4xx',
    async (path) => {
      const socket = await connected()
      const rest = restOf(socket)
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      expect(String(await rest)).toMatch(/^HTTP\/1\.1 4\d\d /)
    },
  )

  test('that end in the middle of a frame leave nothing behind', async () => {
    const socket = await upgraded()
    socket.end(Buffer.from([0x81, 0xfe, 0x10]))
    await once(socket, 'close')
    await caughtUp(healthy)
  })

  test('that are an upgrade without a sub-protocol close with 4406', async () => {
    const socket = new WebSocket(node.wsUrl)
    onTestFinished(() => socket.terminate())
    const [code] = await once(socket, 'close')
    expect(code).toBe(4406)
  })
})

describe('a recording that was refused', () => {
  test('ends with the code, for a client library as for raw frames', async () => {
    expect(await codeOfEnd(ann.record(MESSAGES, { roomId: 'nowhere' }))).toBe('NOT_FOUND')
  })
})
