import { GraphQLError } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallContext } from '../../src/resolvers/context.ts'
import { createOperations, type Operations } from '../../src/transport/graphql-operation.ts'
import { ANY_DOCUMENT } from '../../src/transport/trusted-documents.ts'
import { openFixtureOn, textAt, viewer } from '../resolvers/fixtures.ts'
import { longDocuments } from '../support/long-documents.ts'
import { makeTemporaryFolder } from '../support/process.ts'
import { type CountedStatements, countStatements } from '../support/statements.ts'

const ANN = viewer('ann', 'SERVICE')
const ROOMS = 100
const MESSAGES = 3
/** A statement costs at least 20, and an operation 1000. */
const MOST_STATEMENTS = 50
/** About 20 to 80 on a machine of its own. The documents of the first review took seconds. */
const MOST_CPU_MS = 400

const times = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ')
const ofRooms = (fields: string, first = 100): string =>
  `{ rooms(first: ${first}) { edges { node { ${fields} } } } }`
const ofAuctions = (fields: string, first = 100): string =>
  `{ auctions(first: ${first}) { edges { node { ${fields} } } } }`

/** As large as fits, and larger. */
interface Attack {
  readonly query: string
  readonly variables?: object | undefined
}

const TEXTS: readonly (readonly [name: string, query: string, variables?: object])[] = [
  ['members four times per room', ofRooms(times(4, (n) => `a${n}: members(first: 1) { totalCount }`))],
  ['members of 95 rooms', ofRooms('members(first: 1) { totalCount }', 95)],
  ['messages of 95 rooms', ofRooms('messages(last: 1) { edges { cursor } }', 95)],
  ['receipts of 90 rooms', ofRooms('messages(last: 1) { edges { node { readCount } } }', 90)],
  [
    'different pages of members',
    ofRooms(
      times(12, (n) => `a${n}: members(first: ${n + 1}) { totalCount }`),
      3,
    ),
  ],
  [
    'different pages of messages',
    ofRooms(
      times(20, (n) => `a${n}: messages(last: ${n + 1}) { pageInfo { hasNextPage } }`),
      3,
    ),
  ],
  [
    'auctions of rooms with bids and bidders',
    ofRooms(
      'auctions(first: 10) { edges { node { bids(first: 10) { edges { node { bidder { id name } } } } } } }',
    ),
  ],
  [
    'auctions of few rooms with bids',
    ofRooms('auctions(first: 3) { edges { node { bids(first: 3) { edges { node { amount } } } } } }', 10),
  ],
  ['leaderboards of 75 rooms', ofRooms('leaderboard { cursor }', 75)],
  ['standings of rooms', ofRooms('leaderboard { standings(first: 100) { rank } }')],
  ['bids of 90 auctions', ofAuctions('bids(first: 1) { edges { cursor } }', 90)],
  ['leaderboards of auctions', ofAuctions('leaderboard { method cursor }', 70)],
  ['rooms 18 times', `{ ${times(18, (n) => `a${n}: rooms(first: 1) { edges { cursor } }`)} }`],
  ['rooms 40 times', `{ ${times(40, (n) => `a${n}: rooms(first: 1) { edges { cursor } }`)} }`],
  ['auctions 18 times', `{ ${times(18, (n) => `a${n}: auctions(first: 1) { edges { cursor } }`)} }`],
  ['nodes nine times', `{ ${times(9, (n) => `a${n}: node(id: "msg_${n}") { id }`)} }`],
  ['nodes 100 times', `{ ${times(100, (n) => `a${n}: node(id: "msg_${n}") { id }`)} }`],
  ['orders', `{ ${times(8, (n) => `a${n}: orders(roomId: "room_${n}") { id }`)} }`],
  ['a room 45 times', `{ ${times(45, (n) => `a${n}: room(id: "global") { id }`)} }`],
  [
    'a room of rooms',
    `{ ${times(9, (n) => `a${n}: room(id: "global") { members(first: 30) { totalCount edges { node { user { id } } } } }`)} }`,
  ],
  ['values of many rooms', ofRooms('id name kind phase visibility memberCount createdAt')],
  ['300 values of many rooms', ofRooms(times(200, (n) => `a${n}: name`))],
  ['types of many rooms', ofRooms(times(200, (n) => `a${n}: __typename`))],
  [
    'a chain of fragments',
    `{ ...F0 } ${times(50, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} a${n}: rooms { edges { cursor } } }`)} fragment F50 on Query { __typename }`,
  ],
  [
    'a list of 5000 ids',
    'query ($ids: [ID!]) { statuses(kind: JOB, subjectIds: $ids) { state } }',
    { ids: Array.from({ length: 5000 }, String) },
  ],
  [
    'a list of 5000 ids that are none',
    'query ($ids: [ID!]) { statuses(kind: JOB, subjectIds: $ids) { state } }',
    { ids: Array.from({ length: 5000 }, () => ({})) },
  ],
  [
    'a cursor of 60 KB',
    'query ($after: String) { rooms(after: $after) { edges { cursor } } }',
    { after: 'x'.repeat(60_000) },
  ],
  [
    'introspection, whole',
    '{ __schema { types { name fields { name args { name type { name } } type { name ofType { name } } } } } }',
  ],
  ['introspection 20 times', `{ ${times(20, (n) => `a${n}: __schema { types { name fields { name } } }`)} }`],
]

const ATTACKS = TEXTS.map(([name, query, variables]): readonly [string, Attack] => [
  name,
  { query, variables },
])

let all: Awaited<ReturnType<typeof openFixtureOn>>
let statements: CountedStatements
let operations: Operations

beforeAll(async () => {
  const directory = await makeTemporaryFolder('attacks')
  all = await openFixtureOn({ url: null, directory }, [ANN])
  for (let each = 0; each < ROOMS; each += 1) await fillRoom(each)
  statements = countStatements(all.services.database)
  const limits = {
    maxQueryDepth: 12,
    maxQueryComplexity: 1000,
    maxQueryTokens: 2000,
    queryCostPerSecond: 1_000_000,
    isIntrospectionAllowed: true,
  }
  const mask = (error: unknown) => (error instanceof GraphQLError ? error : new GraphQLError('masked'))
  operations = createOperations(all.schema, { services: all.services }, mask, limits, ANY_DOCUMENT)
}, 120_000)

afterAll(() => all.close())

async function fillRoom(index: number): Promise<void> {
  const created = await all.run(
    ANN,
    'mutation ($name: String!) { createRoom(input: { name: $name, kind: AUCTION, visibility: PUBLIC }) { ... on RoomPayload { room { id } } } }',
    { name: `Room ${index}` },
  )
  const roomId = textAt(created, 'createRoom', 'room', 'id')
  const send = (n: number) =>
    `m${n}: sendMessage(input: { roomId: $id, body: "Hello", clientMessageId: "${n}" }) { __typename }`
  await all.run(ANN, `mutation ($id: ID!) { ${times(MESSAGES, send)} }`, { id: roomId })
  await all.run(
    ANN,
    'mutation ($id: ID!) { createAuction(input: { roomId: $id, title: "Lot", currency: "EUR", startingPrice: 100, endsAt: "2033-01-01T00:00:00Z" }) { __typename } }',
    { id: roomId },
  )
}

interface Taken {
  readonly outcome: 'refused' | 'answered'
  readonly cpuMs: number
  readonly statements: number
}

/** The cost of a visitor's operation, from its text to its response. */
async function take(query: string, variables: object = {}): Promise<Taken> {
  const { services } = all
  const signal = AbortSignal.any([])
  const context: CallContext = { services, viewer: null, connection: null, client: 'address:1', signal }
  statements.reset()
  const before = process.cpuUsage()
  const prepared = operations.prepare({ query, variables: { ...variables } }, context)
  const isReady = prepared.kind === 'ready' && prepared.operation.definition.operation !== 'subscription'
  if (isReady) await operations.run(prepared.operation, context)
  const { user, system } = process.cpuUsage(before)
  const outcome = isReady ? 'answered' : 'refused'
  return { outcome, cpuMs: (user + system) / 1000, statements: statements.count }
}

describe('a visitor’s operation', () => {
  test.each(ATTACKS)(
    'with %s is refused, or takes few statements and little time',
    async (_name, { query, variables }) => {
      await take(query, variables)
      const taken = await take(query, variables)
      expect(taken.statements, statements.texts.join('\n').slice(0, 2000)).toBeLessThanOrEqual(
        MOST_STATEMENTS,
      )
      expect(taken.cpuMs).toBeLessThan(MOST_CPU_MS)
      if (taken.outcome === 'refused') expect(taken.statements).toBe(0)
    },
  )

  test.each(longDocuments)(
    'that is %s is refused at the cost of a look-up from the second time on',
    async (_name, text) => {
      await take(text)
      const taken = await take(text)
      if (taken.outcome === 'refused') expect(taken.cpuMs).toBeLessThan(10)
    },
  )

  test('of 170 bytes that made 800 statements is refused', async () => {
    expect(await take(TEXTS[0]?.[1] ?? '')).toMatchObject({ outcome: 'refused', statements: 0 })
  })

  test('as an ordinary page asks is answered', async () => {
    expect(await take(ofRooms('id name kind phase memberCount onlineCount', 50))).toMatchObject({
      outcome: 'answered',
      statements: 1,
    })
  })
})
