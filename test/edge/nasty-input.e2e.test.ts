import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, codeOfEnd, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'
import { type RootField, rootFields, type Slot, slotsOf, variablesOf } from '../support/root-fields.ts'
import { openSocket } from '../support/socket.ts'

const ROLES = ['visitor', 'user', 'admin'] as const
type Role = (typeof ROLES)[number]

/** As JSON text, since an object literal would set the prototype. */
const PROTOTYPE = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {}}}')
const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
/** Forged cursors of lists and histories: base64 of odd positions. */
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    'x\udfff',
    '\u{1f600}',
    '\u2028',
    '\u202e',
    "' OR 1=1 --",
    '%00',
    '{}',
    '[]',
    'null',
  ],
  ...[
    '__proto__',
    'constructor',
    'room_',
    'room_direct_',
    'auc_0',
    'msg_\ud800',
    '../..',
    '*',
    '{a}:{b}',
    '\\',
    '"',
    'ünïcode',
  ],
  ...[
    '-1',
    '9223372036854775808',
    '1e400',
    'NaN',
    '\r\n',
    '\u0007',
    'x'.repeat(60_000),
    '\ud83d'.repeat(300),
    '\u{10ffff}',
  ],
]
const NUMBERS: readonly unknown[] = [
  ...[
    0,
    -0,
    -1,
    1,
    0.5,
    1.5,
    100,
    101,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 53 - 1,
    -(2 ** 53 - 1),
    2 ** 53,
    1e308,
    5e-324,
  ],
]
const DATES: readonly string[] = [
  ...[
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59.999Z',
  ],
  ...[
    '9999-12-31T23:59:59.999-00:01',
    '2027-02-29T00:00:00Z',
    '2027-01-01T23:59:60Z',
    '+020270-01-01T00:00:00Z',
    '2027-01-01',
    '',
  ],
]
const CURSORS: readonly string[] = [
  ...TEXTS.slice(0, 20),
  ...[-1, 2 ** 53, 1e308, '9223372036854775808', null, {}, [], 'x'].flatMap((odd) => [
    encoded(odd),
    encoded([odd, odd]),
    encoded({ id: odd, at: odd, rank: odd, offset: odd, epoch: odd, createdAt: odd }),
  ]),
  ...[
    'announcements.1.9223372036854775808',
    '1.2',
    'announcements:1:1e9',
    Buffer.from('announcements').toString('base64url'),
  ],
]
const JSONS: readonly unknown[] = [
  PROTOTYPE,
  deep(99),
  deep(1_000),
  [],
  '',
  null,
  1e308,
  '\0',
  { '\0': '\ud800' },
  'y'.repeat(20_000),
]

/** Values that are likely to break a slot of that type. */
function nastyFor({ name, type }: Slot): readonly unknown[] {
  const isCursor = type.name === 'Cursor' || name === 'after' || name === 'before'
  if (isCursor) return CURSORS
  switch (type.name) {
    case 'ID':
    case 'String':
      return TEXTS
    case 'Int':
    case 'Float':
    case 'Amount':
      return NUMBERS
    case 'DateTime':
      return DATES
    case 'JSON':
      return JSONS
    default:
      return ['', 'NONE', 7, null, PROTOTYPE]
  }
}

/** A subscription that survives this long was accepted. */
const QUIET_MS = 500

const WRONG_KINDS: readonly unknown[] = [null, [], {}, true, PROTOTYPE, [['a']], 2 ** 53]

let node: TestNode
const callers = new Map<Role, Caller>()
let known: Readonly<Record<string, string>>
let cursors: readonly string[] = []

beforeAll(async () => {
  const env = {
    MAX_QUERY_COMPLEXITY: '100000',
    MAX_QUERY_TOKENS: '20000',
    MAX_MESSAGE_BYTES: '400000',
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
  }
  node = await startNode({ databaseUrl: await freshDatabase(), env })
  for (const role of ROLES) {
    callers.set(
      role,
      await createCaller(
        node,
        role === 'visitor' ? undefined : role,
        role === 'admin' ? ['admin', 'service'] : [],
      ),
    )
    await as(role).answer('{ viewer { user { id } } }')
  }
  const token = as('user').token ?? ''
  const roomId = await makeRoom(node, token)
  const auctionId = await makeAuction(node, token, roomId)
  await placeBid(node, as('admin').token ?? '', { auctionId, amount: 600 })
  // A user who sends nothing here, so that an administrator may revoke or remove them.
  const bystander = await createCaller(node, 'bystander')
  await bystander.answer('{ viewer { user { id } } }')
  await bystander[Symbol.asyncDispose]()
  known = { roomId, auctionId, userId: 'bystander' }
  // Real cursors, whose positions are made extreme below.
  const { data } = await as('user').answer(
    `{ room(id: "${roomId}") { cursor messagesCursor } rooms { pageInfo { endCursor } } auctions { pageInfo { endCursor } } }`,
  )
  cursors = JSON.stringify(data).match(/(?<=ursor":")[^"]+/g) ?? []
}, 60_000)

afterAll(async () => {
  for (const caller of callers.values()) await caller[Symbol.asyncDispose]()
  // After all tests: nothing was logged at warn or error.
  await node.stop()
  const lines = (await node.exited).split('\n').filter((line) => /"level":[456]0/.test(line))
  expect(lines).toEqual([])
})

function as(role: Role): Caller {
  const caller = callers.get(role)
  if (caller === undefined) throw new Error(`${role} is not here`)
  return caller
}

/** Real cursors with one digit or letter changed, or with digits added. */
function bent(): readonly string[] {
  return cursors.flatMap((cursor) => {
    const text = Buffer.from(cursor, 'base64url').toString('latin1')
    const odd = [
      text.replace(/\d+/g, '9'.repeat(25)),
      text.replace(/\d+/g, '-1'),
      text.replace(/\d+/g, '1e9'),
      text.replace(/\d+/g, ''),
      `${text}\0`,
    ]
    return [
      ...odd.map((each) => Buffer.from(each, 'latin1').toString('base64url')),
      `${cursor}9`,
      cursor.slice(1),
    ]
  })
}

async function codesOf(
  role: Role,
  field: RootField,
  variables: Readonly<Record<string, unknown>>,
): Promise<readonly unknown[]> {
  if (field.operation !== 'subscription') {
    const { errors = [] } = await as(role).answer(field.document, variables)
    return errors.map(({ extensions }) => extensions?.['code'])
  }
  const recording = as(role).record<unknown>(field.document, variables)
  const ended = codeOfEnd(recording)
  const begun = recording.take(1).then(
    () => undefined,
    () => ended,
  )
  // An empty list sends nothing: it was not refused.
  const codes = [await Promise.race([begun, ended, pause(QUIET_MS)])]
  recording.stop()
  return codes
}

const ALLOWED: ReadonlySet<unknown> = new Set([
  ...[
    'BAD_USER_INPUT',
    'NOT_FOUND',
    'FORBIDDEN',
    'UNAUTHENTICATED',
    'CURSOR_INVALID',
    'GRAPHQL_VALIDATION_FAILED',
    'RATE_LIMITED',
  ],
  undefined,
])

describe.each(ROLES)('Nasty input of a %s is refused, never an internal error', (role) => {
  test.each(
    rootFields()
      .filter(({ args }) => args.length > 0)
      .map((field) => [`${field.operation} ${field.name}`, field] as const),
  )(
    'by %s',
    async (_, field) => {
      const faults: unknown[] = []
      for (const slot of slotsOf(field)) {
        const isCursor = slot.type.name === 'Cursor' || slot.name === 'after'
        for (const value of [...nastyFor(slot), ...WRONG_KINDS, ...(isCursor ? bent() : [])]) {
          const variables = variablesOf(
            field,
            ({ path, name }) =>
              path === slot.path ? value : name === 'idempotencyKey' ? randomUUID() : known[name],
            value !== null && slotsOf(field).length % 2 === 0,
          )
          const codes = await codesOf(role, field, variables)
          const odd = codes.filter((code) => !ALLOWED.has(code))
          if (odd.length > 0) faults.push([slot.path, JSON.stringify(value)?.slice(0, 60), odd])
        }
      }
      expect(faults).toEqual([])
    },
    60_000,
  )
})

describe('JSON nested thousands of levels deep', () => {
  const DEEP = '['.repeat(9_000) + ']'.repeat(9_000)
  const QUERY = '"query":"subscription { serverTime }"'

  test.each([`{"type":"ping","payload":{"x":${DEEP}}}`, `{"id":"d","type":"complete","x":${DEEP}}`, DEEP])(
    'closes a WebSocket with 4400',
    async (message) => {
      using socket = await openSocket(node.wsUrl)
      await socket.init()
      socket.send(message)
      expect(await socket.closed).toMatchObject({ code: 4400 })
    },
  )

  test('in an undeclared variable has no effect over a WebSocket', async () => {
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    socket.send(`{"id":"d","type":"subscribe","payload":{${QUERY},"variables":{"x":${DEEP}}}}`)
    expect(await socket.receive('next', 'd')).toMatchObject({ payload: { data: {} } })
  })

  test.each(['application/json', 'text/event-stream', 'application/graphql-response+json'])(
    'is a client error over HTTP, accepting %s, in variables and extensions',
    async (accept) => {
      for (const part of ['variables', 'extensions']) {
        const body = `{"query":"{ __typename }","${part}":{"x":${DEEP}}}`
        const headers = { 'content-type': 'application/json', accept }
        const posted = await fetch(`${node.url}/graphql`, { method: 'POST', headers, body })
        const short = '['.repeat(3_000) + ']'.repeat(3_000)
        const got = await fetch(`${node.url}/graphql?query={__typename}&${part}={"x":${short}}`, {
          headers: { accept },
        })
        for (const answer of [posted, got]) {
          expect(await answer.text()).not.toContain('INTERNAL')
          expect(answer.status).toBeLessThan(500)
        }
      }
    },
  )
})
