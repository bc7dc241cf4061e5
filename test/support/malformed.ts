/** A message that starts an operation. */
export interface Subscribe {
  readonly id: string
  readonly type: 'subscribe'
  readonly payload: { readonly query: string; readonly variables?: object | undefined }
}

/** Valid operations, to be malformed. */
export function operationsOn(roomId: string, auctionId: string): readonly Subscribe[] {
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

export const OTHERS: readonly object[] = [
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

export type Random = (below: number) => number

const pick = <Item>(items: readonly Item[], random: Random): Item | undefined => items[random(items.length)]

/** Replaces, inserts or removes a part of a text. */
function corruptText(text: string, insertions: readonly string[], random: Random): string {
  const at = random(text.length + 1)
  return `${text.slice(0, at)}${pick(insertions, random)}${text.slice(at + random(6))}`
}

function corruptValue(value: unknown, random: Random): unknown {
  if (typeof value === 'string' && value.length > 8 && random(2) === 0)
    return corruptText(value, TOKENS, random)
  if (typeof value !== 'object' || value === null || random(8) === 0) return pick(JUNK, random)
  const entries = Object.entries(value)
  const at = random(entries.length)
  const corrupted = entries.flatMap(([name, each], index) => {
    if (index !== at) return [[name, each] as const]
    if (random(8) === 0) return []
    return [[random(10) === 0 ? 'constructor' : name, corruptValue(each, random)] as const]
  })
  return Array.isArray(value) ? corrupted.map(([, each]) => each) : Object.fromEntries(corrupted)
}

/** The envelope stays valid, so that later messages are read, too. */
export function malformedOperation({ id, payload }: Subscribe, number: number, random: Random): string {
  const isOfText = random(2) === 0
  const query = isOfText ? corruptText(payload.query, TOKENS, random) : payload.query
  const variables = isOfText ? payload.variables : corruptValue(payload.variables ?? {}, random)
  const isObject = typeof variables === 'object' && !Array.isArray(variables)
  return JSON.stringify({
    id: `${id}.${number}`,
    type: 'subscribe',
    payload: { query, variables: isObject ? variables : { x: variables } },
  })
}

export function malformedMessage(message: object, random: Random): string {
  const text = JSON.stringify(corruptValue(message, random)) ?? ''
  return random(2) === 0 ? text : corruptText(text, [...TOKENS, '"', ':', 'null', '\u0000', '1e999'], random)
}

/** Keeps it below the maximum message size. */
const MOST = 3_500
export const MAX_MESSAGE_BYTES = 65_536

/** An oversized operation: by aliases, depth, variables, or total size. */
export function swollenOperation(number: number, random: Random): string {
  const size = 1 + random(MOST)
  const kinds: readonly (() => { readonly query: string; readonly variables?: object })[] = [
    () => ({ query: `{ ${Array.from({ length: size }, (_, each) => `a${each}: __typename`).join(' ')} }` }),
    () => ({ query: `{ ${'rooms { edges { node { owner '.repeat(size / 20)}` }),
    () => ({ query: `${'{a'.repeat(size)}${'}'.repeat(size)}` }),
    () => ({ query: 'query ($a: [Int]) { __typename }', variables: { a: nested(size) } }),
    () => ({ query: '{ __typename }', variables: { a: 'a'.repeat(size * 18) } }),
  ]
  const payload = pick(kinds, random)?.() ?? { query: '' }
  return JSON.stringify({ id: `swollen.${number}`, type: 'subscribe', payload })
}

/** Larger than the maximum message size: it closes the connection. */
export function outsizedMessage(random: Random): string {
  return JSON.stringify({
    type: 'ping',
    payload: { a: 'a'.repeat(MAX_MESSAGE_BYTES + random(MAX_MESSAGE_BYTES)) },
  })
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let each = 0; each < depth; each += 1) value = [value]
  return value
}
