import { buildSchema } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createTrustedDocuments } from '../../src/transport/trusted-documents.ts'

const schema = buildSchema(`
  type Query { thing(id: ID, name: String): Thing }
  type Mutation { one: Thing two: Thing }
  type Thing { id: ID name: String parts: [Thing] }
`)
const limits = {
  maxQueryDepth: 12,
  maxQueryComplexity: 1000,
  queryCostPerSecond: 2000,
  maxQueryTokens: 200,
  isIntrospectionAllowed: true,
}

/** Whether a server that trusts `trusted` runs `sent`. */
function runs(trusted: string, sent: string): boolean {
  const manifest = { path: 'manifest.json', documents: new Map([['hash', trusted]]) }
  const documents = createTrustedDocuments({ schema, limits, manifest, own: [] })
  const admission = documents.admit({ query: sent })
  if (admission.kind === 'admitted') expect(admission.text).toBe(sent)
  return admission.kind === 'admitted'
}

describe('A text matches a trusted document', () => {
  const trusted = 'query A($id: ID) { thing(id: $id, name: "a b") { id name parts { id } } }'

  test.each([
    ['as it is', trusted],
    ['in other lines', trusted.replaceAll(' { ', ' {\n  ')],
    ['with comments', `# A\n${trusted}`],
    ['in another order', 'query A($id: ID) { thing(id: $id, name: "a b") { parts { id } name id } }'],
    [
      'with __typename',
      trusted.replaceAll(' }', ' __typename }').replace('__typename }', '__typename __typename }'),
    ],
  ])('%s', (_how, sent) => {
    expect(runs(trusted, sent)).toBe(true)
    expect(runs(sent, trusted)).toBe(true)
  })

  test('that selects only __typename', () => {
    expect(runs('{ thing { __typename } }', '{ thing { __typename } __typename }')).toBe(true)
    expect(runs('{ thing { __typename } }', '{ thing { id } }')).toBe(false)
  })

  test.each([
    ['another field', trusted.replace('name parts', 'parts')],
    ['one field more', trusted.replace('parts { id }', 'parts { id name }')],
    ['another argument', trusted.replace('"a b"', '"a c"')],
    ['other white space in a string', trusted.replace('"a b"', '"a  b"')],
    ['another name', trusted.replace('query A', 'query B')],
    ['another variable', trusted.replaceAll('$id', '$key')],
    ['a default for its variable', trusted.replace('$id: ID', '$id: ID = 1')],
    ['an alias', trusted.replace('name parts', 'title: name parts')],
    ['an alias of __typename', trusted.replace('name parts', 'name t: __typename parts')],
    ['a directive', trusted.replace('name parts', 'name @skip(if: false) parts')],
    ['a second operation', `${trusted} query B { thing { id } }`],
    [
      'a fragment in the place of a field',
      `${trusted.replace('id name', '...F name')} fragment F on Thing { id }`,
    ],
  ])('not with %s', (_what, sent) => {
    expect(runs(trusted, sent)).toBe(false)
    expect(runs(sent, trusted)).toBe(false)
  })
})

describe('The root fields of a mutation', () => {
  test('may not change places', () => {
    expect(runs('mutation { one { id } two { id } }', 'mutation { two { id } one { id } }')).toBe(false)
    expect(runs('mutation { one { id name } }', 'mutation { one { name id } }')).toBe(true)
  })

  test('may not change places in a fragment', () => {
    const ordered = (fields: string) => `mutation { ...F } fragment F on Mutation { ${fields} }`
    expect(runs(ordered('one { id } two { id }'), ordered('two { id } one { id }'))).toBe(false)
    expect(runs(ordered('one { id } two { id }'), ordered('one { id } two { id }'))).toBe(true)
    const inline = (fields: string) => `mutation { ... on Mutation { ${fields} } }`
    expect(runs(inline('one { id } two { id }'), inline('two { id } one { id }'))).toBe(false)
  })
})
