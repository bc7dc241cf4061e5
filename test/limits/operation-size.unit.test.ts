import { buildSchema, getOperationAST, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createSizeCheck } from '../../src/limits/operation-size.ts'

const schema = buildSchema(`
  type Query { me: User  users(first: Int, last: Int): UserConnection!  node(id: ID!): Node  any: Any }
  interface Node { id: ID! }
  union Any = User
  type User implements Node { id: ID! name: String friend: User friends(first: Int): UserConnection! }
  type UserConnection { edges: [UserEdge!]! pageInfo: PageInfo! }
  type UserEdge { cursor: String! node: User! }
  type PageInfo { hasNextPage: Boolean! }
`)

/** The least complexity and depth that let `text` pass. */
function sizeOf(
  text: string,
  variables: Record<string, unknown> = {},
): { readonly depth: number; readonly complexity: number } {
  const document = parse(text)
  const definition = getOperationAST(document)
  if (!definition) throw new Error('no operation')
  const passes = (maxQueryDepth: number, maxQueryComplexity: number) =>
    createSizeCheck(schema, { maxQueryDepth, maxQueryComplexity })(document, definition, variables) === null
  let [depth, complexity] = [1, 1]
  while (!passes(depth, 1e9)) depth += 1
  while (!passes(1e9, complexity)) complexity += 1
  return { depth, complexity }
}

describe('the size of an operation', () => {
  test.for([
    { text: '{ me { name } }', depth: 2, complexity: 2 },
    { text: '{ a: me { name } b: me { name id } }', depth: 2, complexity: 5 },
    { text: '{ me { friend { friend { id } } } }', depth: 4, complexity: 4 },
    {
      text: '{ me { ... on User { ... { id } } ...F } } fragment F on User { name }',
      depth: 2,
      complexity: 3,
    },
    {
      text: '{ any { ... on User { id } } node(id: 1) { id ... on User { name } } }',
      depth: 2,
      complexity: 5,
    },
    { text: '{ users(first: 3) { edges { cursor node { id name } } } }', depth: 4, complexity: 10 },
    { text: '{ users { edges { node { id } } pageInfo { hasNextPage } } }', depth: 4, complexity: 25 },
    { text: '{ users(last: 500) { edges { node { id } } } }', depth: 4, complexity: 103 },
    { text: '{ users(first: 0) { edges { node { id } } } }', depth: 4, complexity: 4 },
    {
      text: '{ users(first: 10) { edges { node { friends(first: 5) { edges { node { id } } } } } } }',
      depth: 7,
      complexity: 3 + 10 * (3 + 5),
    },
    {
      text: '{ __schema { types { fields { type { ofType { name } } } } } me { id } }',
      depth: 2,
      complexity: 3,
    },
    { text: '{ __typename }', depth: 1, complexity: 1 },
  ])('of $text is $depth levels, $complexity fields', ({ text, ...size }) => {
    expect(sizeOf(text)).toEqual(size)
  })

  test('is measured by the variables of each request', () => {
    const text = 'query ($n: Int) { users(first: $n) { edges { node { id } } } }'
    expect(sizeOf(text, { n: 7 }).complexity).toBe(10)
    expect(sizeOf(text, {}).complexity).toBe(23)
    const document = parse(text)
    const definition = getOperationAST(document)
    if (!definition) throw new Error('no operation')
    const check = createSizeCheck(schema, { maxQueryDepth: 9, maxQueryComplexity: 15 })
    expect(check(document, definition, { n: 5 })).toBeNull()
    expect(check(document, definition, { n: 50 })).toMatch('more than 15 fields')
    expect(check(document, definition, { n: 5 })).toBeNull()
  })

  test('is known soon, also where fragments make billions of fields of a short text', () => {
    const names = Array.from({ length: 60 }, (_, index) => index)
    const chain = names.map((n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`).join('\n')
    const document = parse(`{ me { ...F0 } } ${chain} fragment F60 on User { id }`)
    const definition = getOperationAST(document)
    if (!definition) throw new Error('no operation')
    const check = createSizeCheck(schema, { maxQueryDepth: 12, maxQueryComplexity: 1000 })
    expect(check(document, definition, {})).toMatch('more than 1000 fields')
  })
})
