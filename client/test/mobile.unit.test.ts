import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildSchema, isScalarType, isSpecifiedScalarType, Kind, parse, print, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { prepareOperation } from '../src/operation.ts'

const PROJECT = join(import.meta.dirname, '../..')
const read = (path: string): Promise<string> => readFile(join(PROJECT, path), 'utf8')
const schema = buildSchema(await read('schema.graphql'))
const SCALARS = Object.values(schema.getTypeMap())
  .filter((type) => isScalarType(type) && !isSpecifiedScalarType(type))
  .map(({ name }) => name)
  .sort()

/** The operations that a pattern of files finds, as one document. */
async function operationsIn(pattern: string): Promise<string> {
  const texts: string[] = []
  for await (const file of glob(pattern, { cwd: PROJECT })) texts.push(await read(file))
  return texts.join('\n')
}

describe.each([
  ['examples/apollo-kotlin', 'examples/apollo-kotlin/src/main/graphql/**/*.graphql'],
  ['examples/apollo-ios', 'examples/apollo-ios/operations/**/*.graphql'],
])('The operations of %s', (_name, pattern) => {
  test('are valid for the schema', async () => {
    const text = await operationsIn(pattern)
    expect(text).not.toBe('')
    expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([])
  })

  test('ask for what going on takes: the kit would add nothing', async () => {
    const document = parse(await operationsIn(pattern))
    const names = document.definitions.flatMap((each) =>
      each.kind === Kind.OPERATION_DEFINITION && each.operation === 'subscription'
        ? [each.name?.value ?? '']
        : [],
    )
    expect(names).toEqual(['Bids', 'Notifications'])
    for (const operationName of names) {
      const { text, resumption } = prepareOperation({ query: document, operationName })
      expect(text).toBe(print(document))
      expect(resumption?.variable).toBe('after')
    }
  })
})

describe('Every scalar of the schema', () => {
  test('is mapped for Kotlin', async () => {
    const text = await read('examples/apollo-kotlin/build.gradle.kts')
    const mapped = [...text.matchAll(/mapScalar(?:ToKotlin\w+)?\(\s*"(\w+)"/g)].map(([, name]) => name)
    expect(mapped.sort()).toEqual(SCALARS)
  })

  test('has its type in Swift', async () => {
    const text = await read('examples/apollo-ios/Sources/Scalars.swift')
    const typed = [...text.matchAll(/public (?:typealias|struct) (\w+)/g)].map(([, name]) => name)
    expect(typed.sort()).toEqual(SCALARS)
  })
})

describe('The configuration for Apollo iOS', () => {
  test('looks for operations where they are', async () => {
    const { input, schemaNamespace } = JSON.parse(
      await read('examples/apollo-ios/apollo-codegen-config.json'),
    )
    expect(schemaNamespace).toBe('RostrumAPI')
    const [pattern] = input.operationSearchPaths
    expect(await operationsIn(join('examples/apollo-ios', pattern))).toContain('subscription Bids')
  })
})
