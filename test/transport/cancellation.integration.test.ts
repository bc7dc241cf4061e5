import { setTimeout as pause } from 'node:timers/promises'
import { GraphQLError } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CallContext } from '../../src/resolvers/context.ts'
import { createOperations, type Operations } from '../../src/transport/graphql-operation.ts'
import { ANY_DOCUMENT } from '../../src/transport/trusted-documents.ts'
import { openFixture, viewer } from '../resolvers/fixtures.ts'
import { type CountedStatements, countStatements } from '../support/statements.ts'

const ANN = viewer('ann', 'SERVICE')
const LISTS = Array.from({ length: 40 }, (_, n) => `r${n}: rooms(first: 1) { edges { cursor } }`).join(' ')

let all: Awaited<ReturnType<typeof openFixture>>
let statements: CountedStatements
let operations: Operations
let gone: AbortController
let context: CallContext

beforeAll(async () => {
  all = await openFixture(ANN)
  const { services, schema } = all
  statements = countStatements(services.database)
  const limits = {
    maxQueryDepth: 20,
    maxQueryComplexity: 100_000,
    maxQueryTokens: 5000,
    queryCostPerSecond: 100_000,
    isIntrospectionAllowed: true,
  }
  const mask = (error: unknown) => (error instanceof GraphQLError ? error : new GraphQLError('masked'))
  operations = createOperations(schema, { services }, mask, limits, ANY_DOCUMENT)
})

beforeEach(() => {
  gone = new AbortController()
  context = { services: all.services, viewer: ANN, connection: null, client: 'user:ann', signal: gone.signal }
  statements.reset()
})

afterAll(() => all.close())

function run(query: string): Promise<unknown> {
  const prepared = operations.prepare({ query }, context)
  if (prepared.kind === 'refused') throw prepared.errors[0]
  return operations.run(prepared.operation, context)
}

describe('a query whose client has gone', () => {
  test('sends no further statements: of 40, only the few in flight', async () => {
    const answer = run(`{ ${LISTS} }`)
    gone.abort()
    await answer
    expect(statements.count).toBeLessThanOrEqual(4)
    statements.reset()
    await pause(100)
    expect(statements.count).toBe(0)
  })

  test('reads nothing that depends on its results', async () => {
    const answer = run(
      '{ rooms { edges { node { members { totalCount } messages { edges { cursor } } leaderboard { cursor } } } } }',
    )
    gone.abort()
    await answer
    expect(statements.texts.filter((text) => !text.includes('from "rooms"'))).toEqual([])
    expect(statements.count).toBeLessThanOrEqual(1)
  })

  test('does not resolve its results either', async () => {
    using count = vi.spyOn(all.services.presence, 'count')
    const answer = run('{ rooms { edges { node { onlineCount } } } }')
    gone.abort()
    await answer
    expect(count).not.toHaveBeenCalled()
    context = { ...context, signal: AbortSignal.any([]) }
    await run('{ rooms { edges { node { onlineCount } } } }')
    expect(count).toHaveBeenCalled()
  })

  test('is not started', async () => {
    gone.abort()
    expect(await run('{ rooms { edges { cursor } } }')).toMatchObject({
      errors: [{ extensions: { code: 'ABANDONED' } }],
    })
    expect(statements.count).toBe(0)
  })

  test('leaves the same query of somebody else alone', async () => {
    const query = '{ rooms { edges { node { members { totalCount } } } } }'
    const other = { ...context, client: 'user:bob', signal: AbortSignal.any([]) } as const
    const prepared = operations.prepare({ query }, other)
    if (prepared.kind === 'refused') throw prepared.errors[0]
    const answers = [run(query), operations.run(prepared.operation, other)]
    gone.abort()
    const [, answer] = await Promise.all(answers)
    expect(answer).toHaveProperty('data.rooms')
    expect(answer).not.toHaveProperty('errors')
  })
})

describe('a mutation whose client has gone', () => {
  test('takes effect, each of its fields', async () => {
    const create = (name: string) =>
      `${name}: createRoom(input: { name: "${name}", kind: CHAT, visibility: PUBLIC }) { __typename }`
    const answer = run(`mutation { ${create('one')} ${create('two')} }`)
    gone.abort()
    await answer
    const rooms = JSON.stringify(await all.run(ANN, '{ rooms { edges { node { name } } } }'))
    expect(rooms).toContain('"one"')
    expect(rooms).toContain('"two"')
  })
})

describe('a subscription that reads the viewer', () => {
  test('is still executed for others of the same user after the first subscriber has gone', async () => {
    const query =
      'subscription { roomState(roomId: "global") { ... on RoomSnapshot { room { membership { role } } } } }'
    const prepared = operations.prepare({ query }, context)
    if (prepared.kind === 'refused') throw prepared.errors[0]
    const { selection } = await operations.plan(prepared.operation, context)
    gone.abort()
    const result = await selection.execute({ type: 'RoomSnapshot', room: { id: 'global' } })
    expect(result).toEqual({ data: { roomState: { room: { membership: null } } } })
  })
})
