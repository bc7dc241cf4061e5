import { buildSchema, type GraphQLSchema, getOperationAST, isObjectType, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import type { FieldCost } from '../../../src/platform/limits/field-cost.ts'
import {
  createEventMeasure,
  createOperationMeasure,
  excessOf,
  type OperationSize,
} from '../../../src/platform/limits/operation-cost.ts'

const schema = buildSchema(`
  type Query {
    me: User  users(first: Int, last: Int): UserConnection!  node(id: ID!): Node  any: Any  orders: [User!]!
    history(first: Int): [User!]!
  }
  type Mutation { rename: User  renameTwice: User }
  interface Node { id: ID! }
  union Any = User | Bot
  type Bot implements Node { id: ID! owner: User! }
  type User implements Node {
    id: ID! name: String score: Int tags: [String!]! friend: User friends(first: Int): UserConnection!
  }
  type UserConnection { edges: [UserEdge!]! nodes: [User!]! totalCount: Int! pageInfo: PageInfo! }
  type UserEdge { cursor: String! node: User! }
  type PageInfo { hasNextPage: Boolean! }
`)
setCost(schema, 'Query', 'users', { weight: 20 })
setCost(schema, 'Query', 'orders', { weight: 60, size: 20 })
setCost(schema, 'Query', 'history', { size: 10, maxSize: 1000 })
setCost(schema, 'User', 'friends', { weight: 3 })
setCost(schema, 'User', 'score', { weight: 3 })
setCost(schema, 'UserConnection', 'pageInfo', { weight: 0 })

function setCost(built: GraphQLSchema, type: string, name: string, cost: FieldCost): void {
  const found = built.getType(type)
  const field = isObjectType(found) ? found.getFields()[name] : undefined
  if (field === undefined) throw new Error(`no ${type}.${name}`)
  field.extensions = { cost }
}

function sizeOf(text: string, variables: Record<string, unknown> = {}): OperationSize {
  const document = parse(text)
  const definition = getOperationAST(document)
  if (!definition) throw new Error('no operation')
  return createOperationMeasure(schema)(document, definition, variables)
}

describe('the cost of an operation', () => {
  test.for([
    { case: 'a field', text: '{ me { name } }', depth: 2, cost: 2 },
    { case: 'aliases, each', text: '{ a: me { name } b: me { name id } }', depth: 2, cost: 5 },
    { case: 'a field that repeats', text: '{ me { name name } }', depth: 2, cost: 3 },
    { case: 'a field with a weight', text: '{ me { score } }', depth: 2, cost: 4 },
    { case: 'levels', text: '{ me { friend { friend { id } } } }', depth: 4, cost: 4 },
    {
      case: 'fragments, where they stand',
      text: '{ me { ... on User { ... { id } } ...F } } fragment F on User { name }',
      ...{ depth: 2, cost: 3 },
    },
    {
      case: 'a fragment each time that it is spread',
      text: '{ a: me { ...F } b: me { ...F } } fragment F on User { name score }',
      ...{ depth: 2, cost: 2 + 2 * 4 },
    },
    {
      case: 'of a union the most expensive member',
      text: '{ any { ... on User { id score } ... on Bot { id owner { id } } } }',
      ...{ depth: 3, cost: 1 + 4 },
    },
    {
      case: 'of an interface its own fields and those of the most expensive type',
      text: '{ node(id: 1) { id ... on User { name score } ... on Bot { owner { id } } } }',
      ...{ depth: 3, cost: 1 + 1 + 4 },
    },
    {
      case: 'a fragment on an interface for each of its types',
      text: '{ me { ...N } any { ...N } } fragment N on Node { id }',
      ...{ depth: 2, cost: 4 },
    },
    {
      case: 'a connection by `first`, cursors included',
      text: '{ users(first: 3) { edges { cursor node { id name } } } }',
      ...{ depth: 4, cost: 20 + 1 + 3 * (1 + 3) },
    },
    {
      case: 'a connection by its default, what is outside the list once',
      text: '{ users { totalCount edges { node { id } } pageInfo { hasNextPage } } }',
      ...{ depth: 4, cost: 20 + 1 + 1 + 20 * 2 + 1 },
    },
    {
      case: 'what is free, when it has an alias',
      text: '{ users { a: pageInfo { hasNextPage } b: pageInfo { hasNextPage } } }',
      ...{ depth: 3, cost: 20 + 2 * 2 },
    },
    { case: 'nodes', text: '{ users(first: 3) { nodes { id } } }', depth: 3, cost: 20 + 1 + 3 },
    { case: '`last`', text: '{ users(last: 500) { edges { node { id } } } }', depth: 4, cost: 21 + 100 * 2 },
    {
      case: '`first` of 0 as 1',
      text: '{ users(first: 0) { edges { node { id } } } }',
      depth: 4,
      cost: 21 + 2,
    },
    {
      case: 'edges in a fragment by the connection that spreads it',
      text: '{ a: users(first: 2) { ...E } b: users(first: 9) { ...E } } fragment E on UserConnection { edges { node { id } } }',
      ...{ depth: 4, cost: 21 + 2 * 2 + 21 + 9 * 2 },
    },
    {
      case: 'lists within lists, multiplied',
      text: '{ users(first: 10) { edges { node { friends(first: 5) { edges { node { id } } } } } } }',
      ...{ depth: 7, cost: 21 + 10 * (1 + 3 + 1 + 5 * 2) },
    },
    { case: 'a plain list by its own size', text: '{ orders { id name } }', depth: 2, cost: 60 + 20 * 2 },
    { case: 'a plain list by `first`', text: '{ history(first: 700) { id } }', depth: 2, cost: 1 + 700 },
    { case: 'a list of values once', text: '{ me { tags } }', depth: 2, cost: 2 },
    {
      case: 'mutations as commands',
      text: 'mutation { rename { id } renameTwice { id } }',
      depth: 2,
      cost: 22,
    },
    {
      case: 'introspection hardly',
      text: '{ __schema { types { fields { type { ofType { name } } } } } me { id } }',
      ...{ depth: 2, cost: 3 },
    },
    { case: 'at least 1', text: '{ __typename }', depth: 1, cost: 1 },
    {
      case: 'aliases of __typename',
      text: '{ me { __typename a: __typename b: __typename } }',
      depth: 2,
      cost: 3,
    },
    {
      case: 'nothing that is left out',
      text: '{ me { id @skip(if: true) name @include(if: false) score @skip(if: false) @include(if: true) } }',
      ...{ depth: 2, cost: 4 },
    },
  ])('counts $case', ({ text, depth, cost }) => {
    expect(sizeOf(text)).toEqual({ depth, cost })
  })

  test('follows the variables of each request', () => {
    const text = 'query ($n: Int) { users(first: $n) { edges { node { id } } } }'
    const document = parse(text)
    const definition = getOperationAST(document)
    if (!definition) throw new Error('no operation')
    const measure = createOperationMeasure(schema)
    const given = [{ n: 5 }, { n: 50 }, { n: null }, {}, { n: 5 }]
    expect(given.map((variables) => measure(document, definition, variables).cost)).toEqual([
      31, 121, 61, 61, 31,
    ])
  })

  test('follows the variables of directives', () => {
    const text = 'query ($with: Boolean!) { me { id score @include(if: $with) } }'
    const document = parse(text)
    const definition = getOperationAST(document)
    if (!definition) throw new Error('no operation')
    const measure = createOperationMeasure(schema)
    expect([true, false, true].map((on) => measure(document, definition, { with: on }).cost)).toEqual([
      5, 2, 5,
    ])
  })

  test('of an event leaves out the snapshot, also where a fragment on an interface names it', () => {
    const text =
      'query ($on: Boolean = true) { any { ... on Bot { owner { friends { edges { node { id } } } } } ...N ... on User { name @include(if: $on) } } } fragment N on Node { id }'
    const document = parse(text)
    const definition = getOperationAST(document)
    if (!definition) throw new Error('no operation')
    const measure = createEventMeasure(schema)
    expect(createOperationMeasure(schema)(document, definition, { on: true }).cost).toBeGreaterThan(40)
    const costs = [true, false].map((on) => measure(document, definition, { on }, 'Bot'))
    expect(costs).toEqual([1 + 2, 1 + 1])
  })

  test('is found at once where fragments make billions of fields of a short text', () => {
    const names = Array.from({ length: 60 }, (_, index) => index)
    const chain = names.map((n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`).join('\n')
    const size = sizeOf(`{ me { ...F0 } } ${chain} fragment F60 on User { id }`)
    expect(size.cost).toBeGreaterThan(2 ** 59)
    expect(excessOf(size, { maxQueryDepth: 12, maxQueryComplexity: 1000 })).toMatch(
      'costs more than a billion',
    )
  })
})

describe('an operation', () => {
  const limits = { maxQueryDepth: 4, maxQueryComplexity: 100 }

  test('within the limits has no excess', () => {
    expect(excessOf({ depth: 4, cost: 100 }, limits)).toBeNull()
  })

  test('beyond them is refused with its size and the limit', () => {
    expect(excessOf({ depth: 5, cost: 1 }, limits)).toMatch('nests 5 levels; at most 4')
    expect(excessOf({ depth: 1, cost: 101 }, limits)).toMatch('costs 101; at most 100')
  })
})
