import { getIntrospectionQuery, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createIntrospectionMeasure } from '../../../src/platform/limits/introspection-cost.ts'
import { createFullSchema } from '../../support/schema.ts'

const measure = createIntrospectionMeasure(createFullSchema())

function costOf(text: string): number {
  const document = parse(text)
  const [definition] = document.definitions
  if (definition?.kind !== 'OperationDefinition') throw new Error('the operation comes first')
  return measure(document, definition)
}

describe('The cost of introspection', () => {
  test('is nothing for an operation that asks for data alone', () => {
    expect(costOf('{ rooms { edges { node { name __typename } } } }')).toBe(0)
  })

  test('is little for one type by name', () => {
    expect(costOf('{ __type(name: "Room") { name fields { name } } }')).toBeLessThan(5)
  })

  test('grows with lists in lists, also through fragments', () => {
    const plain = costOf('{ __schema { types { fields { name } } } }')
    const nested = costOf(
      '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
    )
    expect(nested).toBeGreaterThan(30 * plain)
    const spread =
      '{ __schema { types { ...f } } } fragment f on __Type { fields { type { fields { name } } } }'
    expect(costOf(spread)).toBe(costOf('{ __schema { types { fields { type { fields { name } } } } } }'))
  })

  test('is found in little time, however often fragments spread fragments', () => {
    const spread = (index: number): string => `...f${index} ...f${index}`
    const fragments = Array.from(
      { length: 50 },
      (_, index) =>
        `fragment f${index} on __Schema { ${index === 49 ? 'types { name }' : spread(index + 1)} }`,
    )
    expect(costOf(`{ __schema { ${spread(0)} } } ${fragments.join(' ')}`)).toBeGreaterThan(100_000)
    expect(costOf(getIntrospectionQuery())).toBeGreaterThan(1_000)
  })
})
