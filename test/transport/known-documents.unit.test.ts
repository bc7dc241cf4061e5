import { buildSchema } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createKnownDocuments } from '../../src/transport/known-documents.ts'
import { longDocuments } from '../support/long-documents.ts'

const limits = {
  maxQueryDepth: 12,
  maxQueryComplexity: 1000,
  maxQueryTokens: 2000,
  queryCostPerSecond: 2000,
  isIntrospectionAllowed: true,
}
const schema = buildSchema('type Query { me: String }')
const create = () => createKnownDocuments(schema, limits)

describe('a document', () => {
  test('that is valid is parsed once', () => {
    const known = create()
    expect(known.find('{ me }')).toBeUndefined()
    const read = known.read('{ me }')
    expect(read.kind).toBe('valid')
    expect(known.find('{ me }')).toBe(read)
  })

  test.for([
    ['that does not parse', '{ me', 'GRAPHQL_PARSE_FAILED', [{ line: 1, column: 5 }]],
    ['that is not valid', '{\n  you }', 'GRAPHQL_VALIDATION_FAILED', [{ line: 2, column: 3 }]],
    ['that is out of bounds', `{ ${'me '.repeat(300)} }`, 'QUERY_TOO_COMPLEX', undefined],
    ['that is too long', `{ ${'me '.repeat(3000)} }`, 'QUERY_TOO_COMPLEX', undefined],
    ['that is nested too deeply', '{ me '.repeat(900), 'GRAPHQL_PARSE_FAILED', expect.anything()],
  ] as const)('%s is refused from memory from then on', ([, text, code, locations]) => {
    const known = create()
    expect(known.find(text)).toBeUndefined()
    const read = known.read(text)
    if (read.kind !== 'refused') throw new Error('it was read')
    expect(read.errors[0]?.extensions).toEqual({ code })
    expect(read.errors[0]?.locations).toEqual(locations)
    expect(known.find(text)).toEqual(read)
  })

  test('that is refused is cached by its visible errors, without syntax tree and text', () => {
    const read = create().read('{ you }')
    if (read.kind !== 'refused') throw new Error('it was read')
    for (const error of read.errors) {
      expect([error.nodes, error.source, error.originalError]).toEqual([undefined, undefined, undefined])
    }
  })

  test('that is refused a second time costs a look-up', () => {
    const known = create()
    for (const [, text] of longDocuments) {
      if (known.read(text).kind !== 'refused') continue
      const before = process.threadCpuUsage()
      for (let each = 0; each < 20; each += 1) known.find(text)
      const { user } = process.threadCpuUsage(before)
      expect(user / 1000 / 20).toBeLessThan(1)
    }
  })

  test('that is refused is evicted after many others', () => {
    const known = create()
    known.read('{ you }')
    for (let each = 0; each < 5_000; each += 1) known.read(`{ you${each} }`)
    expect(known.find('{ you }')).toBeUndefined()
    expect(known.find('{ you4999 }')).toBeDefined()
  })
})
