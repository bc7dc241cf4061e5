import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { createRandom } from '../support/random.ts'
import { type Frame, openRawSocket, type RawSocket } from '../support/raw-socket.ts'
import { makeAuction, makeRoom } from '../support/rooms.ts'
import { PATIENTLY, runs } from '../support/runs.ts'

interface Subscribe {
  readonly id: string
  readonly type: 'subscribe'
  readonly payload: { readonly query: string; readonly variables?: object | undefined }
}

/** Operations that are well, to be made ill. */
function operationsOn(roomId: string, auctionId: string): readonly Subscribe[] {
  const documents: readonly (readonly [query: string, variables?: object])[] = [
    ['{ server { version node time capabilities } viewer { user { id name } roles unreadNotifications } }'],
    [
      'query ($n: Int) { rooms(first: $n, phase: LIVE) { edges { cursor node { id name kind } } } }',
      { n: 5 },
    ],
    [
      'query ($id: ID!) { room(id: $id) { name members(first: 3) { edges { node { role } } } } }',
      { id: roomId },
    ],
    ['query ($id: ID!) { node(id: $id) { id ... on Auction { title currentPrice } } }', { id: auctionId }],
    [
      'query ($id: ID!) { room(id: $id) { messages(last: 5) { edges { node { id body } } } } }',
      { id: roomId },
    ],
    [
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename ... on Rejected { code field } } }',
      { input: { roomId, body: 'Good evening', clientMessageId: 'c1', mentions: ['ann'] } },
    ],
    [
      'mutation ($input: PlaceBidInput!) { placeBid(input: $input) { __typename ... on Rejected { code minimum } } }',
      { input: { auctionId, amount: 1_000, idempotencyKey: 'k1' } },
    ],
    [
      'mutation ($input: CreateRoomInput!) { createRoom(input: $input) { __typename } }',
      { input: { name: 'A room', kind: 'CHAT', visibility: 'PUBLIC', startsAt: '2030-01-01T00:00:00Z' } },
    ],
    [
      'mutation ($input: ReportStatusInput!) { reportStatus(input: $input) { __typename } }',
      { input: { kind: 'SUPPLY', subjectId: 's', state: 'x', progress: 0.5, data: { a: [1, null, 'x'] } } },
    ],
    ['mutation ($t: String!) { authenticate(token: $t) { __typename } }', { t: 'eyJhbGciOiJub25lIn0.e30.' }],
    [
      'subscription ($id: ID!, $after: Cursor) { bids(auctionId: $id, after: $after) { __typename ... on Event { offset cursor } } }',
      { id: auctionId, after: null },
    ],
    [
      'subscription ($id: ID!) { messages(roomId: $id) { ... on Event { offset cursor at } } }',
      { id: roomId },
    ],
    ['subscription ($id: ID!) { presence(roomId: $id) { count } }', { id: roomId }],
    ['subscription { serverTime(everyMs: 60000) }'],
    ['subscription { notifications { __typename } }'],
  ]
  return documents.map(([query, variables], index) => {
    return { id: `op${index}`, type: 'subscribe', payload: { query, variables } }
  })
}

const OTHERS: readonly object[] = [
  { id: 'op1', type: 'complete' },
  { type: 'ping', payload: { a: 1 } },
  { type: 'pong' },
  { type: 'connection_init', payload: { token: 'x' } },
]

const JUNK: readonly unknown[] = [
  ...[
    null,
    true,
    '',
    ' ',
    0,
    -1,
    1e308,
    2 ** 53,
    0.1,
    [],
    {},
    [[]],
    '\0',
    '\ud800',
    '__proto__',
    'constructor',
  ],
  ...[
    'auc_',
    'msg_1',
    'a'.repeat(5_000),
    '💥'.repeat(50),
    '2026-02-30T25:61:61Z',
    'MS5BWTVIMDQuNHZiYm83dWUuMw',
  ],
  ...[{ __proto__: null, a: 1 }, { toString: 1 }, [1, [2, [3]]], 'NaN', '-0', '{ a }', '\u202e', 'INVALID'],
]
const TOKENS = [
  '{',
  '}',
  '(',
  ')',
  '$',
  '!',
  '...',
  '@skip(if: true)',
  'on',
  'fragment F on Room { id }',
  '"""',
  '\\',
  ',',
]

type Random = (below: number) => number

const pick = <Item>(items: readonly Item[], random: Random): Item | undefined => items[random(items.length)]

/** Puts something else somewhere, or takes something away. */
function spoilText(text: string, insertions: readonly string[], random: Random): string {
  const at = random(text.length + 1)
  return `${text.slice(0, at)}${pick(insertions, random)}${text.slice(at + random(6))}`
}

function spoilValue(value: unknown, random: Random): unknown {
  if (typeof value === 'string' && value.length > 8 && random(2) === 0)
    return spoilText(value, TOKENS, random)
  if (typeof value !== 'object' || value === null || random(8) === 0) return pick(JUNK, random)
  const entries = Object.entries(value)
  const at = random(entries.length)
  const spoilt = entries.flatMap(([name, each], index) => {
    if (index !== at) return [[name, each] as const]
    if (random(8) === 0) return []
    return [[random(10) === 0 ? 'constructor' : name, spoilValue(each, random)] as const]
  })
  return Array.isArray(value) ? spoilt.map(([, each]) => each) : Object.fromEntries(spoilt)
}

/** The envelope is sound, so that those after it are read, too. */
function spoilOperation({ id, payload }: Subscribe, number: number, random: Random): string {
  const isOfText = random(2) === 0
  const query = isOfText ? spoilText(payload.query, TOKENS, random) : payload.query
  const variables = isOfText ? payload.variables : spoilValue(payload.variables ?? {}, random)
  const isObject = typeof variables === 'object' && !Array.isArray(variables)
  return JSON.stringify({
    id: `${id}.${number}`,
    type: 'subscribe',
    payload: { query, variables: isObject ? variables : { x: variables } },
  })
}

function spoilMessage(message: object, random: Random): string {
  const text = JSON.stringify(spoilValue(message, random)) ?? ''
  return random(2) === 0 ? text : spoilText(text, [...TOKENS, '"', ':', 'null', '\u0000', '1e999'], random)
}

const CLOSINGS = new Set([4400, 4401, 4403, 4409, 4429, 1008, 1009])
const CODES = new Set([
  ...['UNAUTHENTICATED', 'NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT', 'CURSOR_INVALID', 'RATE_LIMITED'],
  ...['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'OPERATION_RESOLUTION_FAILURE'],
  ...['QUERY_TOO_COMPLEX', 'TOO_MANY_SUBSCRIPTIONS'],
])
const ROUND = 40
const LAST = '{"is":"last"}'

interface ErrorPayload {
  readonly extensions?: { readonly code?: string }
}

function codesOf({ type, payload }: Frame): readonly unknown[] {
  const errors: readonly ErrorPayload[] =
    type === 'error'
      ? (payload as readonly ErrorPayload[])
      : ((payload as { readonly errors?: readonly ErrorPayload[] } | undefined)?.errors ?? [])
  return errors.map(({ extensions }) => extensions?.code)
}

describe('messages that are spoilt at random', PATIENTLY, () => {
  let node: TestNode
  let operations: readonly Subscribe[]
  let messages: readonly object[]
  /** How often each code was answered with; `data` for what was served all the same. */
  const answers = new Map<string, number>()

  beforeAll(async () => {
    node = await startNode({ databaseUrl: await freshDatabase() })
    const owner = await node.token('owner')
    const roomId = await makeRoom(node, owner)
    operations = operationsOn(roomId, await makeAuction(node, owner, roomId))
    messages = [...operations, ...OTHERS]
  })
  afterAll(() => node[Symbol.asyncDispose]())

  async function residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${node.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/u.exec(status)?.[1]) * 1024
  }

  /** The last of a round may break the protocol: that ends the connection. */
  function messageOf(number: number, random: Random): string {
    if (number === ROUND - 1 && random(3) === 0) return spoilMessage(pick(messages, random) ?? {}, random)
    const operation = pick(operations, random)
    return operation === undefined ? '' : spoilOperation(operation, number, random)
  }

  /** Sends some over one connection, and says by what code it closed, where it did. */
  async function round(random: Random, token: string): Promise<number | undefined> {
    using socket: RawSocket = await openRawSocket(node.wsUrl, { token })
    const sent: string[] = []
    for (let each = 0; each < ROUND; each += 1) {
      sent.push(messageOf(each, random))
      socket.send(sent.at(-1) ?? '')
    }
    socket.send({ type: 'ping', payload: JSON.parse(LAST) })
    const answered = socket
      .frame((frame) => frame.type === 'pong' && JSON.stringify(frame.payload) === LAST)
      .then(
        () => undefined,
        () => socket.closed,
      )
    const code = await answered
    for (const frame of socket.frames) {
      const codes = codesOf(frame)
      for (const each of codes) expect(CODES, JSON.stringify({ frame, sent })).toContain(each)
      const answer = String(codes[0] ?? frame.type)
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
    if (code !== undefined) expect(CLOSINGS, sent.join('\n')).toContain(code)
    return code
  }

  test('get a clear error or the right close code, and neither end nor swell the server', async () => {
    const count = runs(4_000).numRuns
    const seed = Math.floor(Math.random() * 2 ** 31)
    const random = createRandom(seed)
    const tokens = await Promise.all(['ann', 'ben', 'cem'].map((name) => node.token(name)))
    let before: number | undefined
    try {
      for (let at = 0; at < count; at += ROUND) {
        await round(random, tokens[random(3)] ?? '')
        if (before === undefined && at > count / 4) before = await residentBytes()
      }
    } catch (fault) {
      throw new Error(`with the seed ${seed}`, { cause: fault })
    }
    const answered = [...answers]
      .filter(([code]) => CODES.has(code))
      .reduce((sum, [, times]) => sum + times, 0)
    expect(answered, JSON.stringify([...answers])).toBeGreaterThan(count / 4)
    const grown = (await residentBytes()) - (before ?? 0)
    expect(grown).toBeLessThan(100 * 1024 * 1024)
    expect((await fetch(`${node.url}/ready`)).status).toBe(200)
  })
})
