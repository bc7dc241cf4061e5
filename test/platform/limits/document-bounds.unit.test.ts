import { parse, specifiedRules, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { excessOfDocument } from '../../../src/platform/limits/document-bounds.ts'
import { parseQuery } from '../../../src/transport/document.ts'
import { longDocuments } from '../../support/long-documents.ts'
import { createFullSchema } from '../../support/schema.ts'

const MAX_TOKENS = 2000
const schema = createFullSchema()

const times = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ')

describe('a document', () => {
  test.for([
    ['a field again and again', `{ ${times(200, () => 'viewer { user { id } }')} }`, 'comparisons'],
    ['a value again and again', `{ viewer { user { ${times(200, () => 'id')} } } }`, 'comparisons'],
    [
      'a field again and again in inline fragments',
      `{ ${times(200, () => '... { viewer { user { id } } }')} }`,
      'comparisons',
    ],
    [
      'fields that meet through fragments',
      `{ ${times(50, (n) => `...F${n}`)} } ${times(50, (n) => `fragment F${n} on Query { ${times(8, () => 'viewer { user { id } }')} }`)}`,
      'comparisons',
    ],
    ['300 aliases', `{ ${times(300, (n) => `a${n}: viewer { user { id } }`)} }`, 'aliases'],
    ['300 variables', `query (${times(300, (n) => `$v${n}: Int`)}) { viewer { user { id } } }`, 'variables'],
    ['300 directives', `{ viewer ${times(300, () => '@skip(if: true)')} { user { id } } }`, 'directives'],
    [
      '100 fragments',
      `{ ...F0 } ${times(100, (n) => `fragment F${n} on Query { viewer { user { id } } }`)}`,
      'fragments',
    ],
    ['30 operations', times(30, (n) => `query Q${n} { viewer { user { id } } }`), 'operations'],
    [
      'a mesh of fragments',
      `{ ...F0 } ${times(40, (n) => `fragment F${n} on Query { ${times(15, (m) => `a${n}${m}: viewer { ...G${m} } ...F${n + m + 1}`)} }`)}`,
      'more than',
    ],
  ] as const)('with %s is refused before it is validated', ([, text, what]) => {
    expect(excessOfDocument(parse(text))).toMatch(what)
  })

  test.for([
    ['a field twice', '{ viewer { user { id } } viewer { user { name } } }'],
    ['100 aliases of one field', `{ ${times(100, (n) => `a${n}: viewer { user { id name } }`)} }`],
    [
      'a fragment in many places',
      `{ ${times(100, (n) => `a${n}: viewer { ...F }`)} } fragment F on Viewer { user { id } }`,
    ],
    [
      'a fragment spread again and again',
      `{ ${times(900, () => '...F')} } fragment F on Query { viewer { user { id } } }`,
    ],
    ['fragments in a circle', '{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }'],
  ] as const)('with %s is within bounds', ([, text]) => {
    expect(excessOfDocument(parse(text))).toBeNull()
  })

  test('of more than 2000 lines is refused', () => {
    expect(() =>
      parseQuery(`{ viewer { user { id } } }${'\n'.repeat(2_000)}`, { maxTokens: MAX_TOKENS }),
    ).toThrow('2000 lines')
    expect(() =>
      parseQuery(`{ viewer { user { id } } }${'\n'.repeat(1_999)}`, { maxTokens: MAX_TOKENS }),
    ).not.toThrow()
  })
})

describe('the slowest documents within bounds', () => {
  test.each(longDocuments)('%s: refused, or validated in milliseconds of CPU', (_name, text) => {
    const taken = Array.from({ length: 5 }, () => {
      const before = cpuMs()
      try {
        validate(schema, parseQuery(text, { maxTokens: MAX_TOKENS }), specifiedRules, { maxErrors: 20 })
      } catch {
        // Refused, which costs as well.
      }
      return cpuMs() - before
    })
    // About 5 on a machine of its own; without bounds some take 35 to 200.
    expect(Math.min(...taken)).toBeLessThan(15)
  })
})

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
