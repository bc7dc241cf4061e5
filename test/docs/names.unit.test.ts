import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildSchema, type GraphQLObjectType, isEnumType } from 'graphql'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')
const schema = buildSchema(await read('schema.graphql'))
const fieldsOf = (type: GraphQLObjectType | null | undefined): readonly string[] =>
  Object.keys(type?.getFields() ?? {})
const roots = new Set(
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(fieldsOf),
)
const enumValues = new Set(
  Object.values(schema.getTypeMap()).flatMap((type) =>
    isEnumType(type) ? type.getValues().map(({ name }) => name) : [],
  ),
)

/** What stands in the right column of the page's tables, as code. */
async function codeOf(page: string): Promise<readonly string[]> {
  const rows = (await read(page))
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| there'))
  return rows.flatMap((row) =>
    [...(row.split(' | ')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
  )
}

describe('docs/migration.md', () => {
  test('names mutations and subscriptions that there are', async () => {
    const code = await codeOf('docs/migration.md')
    const called = code.flatMap((each) =>
      [...each.matchAll(/\b([a-z]\w+)\((?!\{)/g)].map(([, name = '']) => name),
    )
    expect(called.length).toBeGreaterThan(15)
    expect(called.filter((name) => !roots.has(name))).toEqual([])
  })

  test('names types and values that there are', async () => {
    const code = (await codeOf('docs/migration.md')).filter((each) => !each.includes('create'))
    const types = code.flatMap((each) => [...each.matchAll(/\b[A-Z][a-z]\w+\b/g)].map(([name]) => name))
    const values = code.filter((each) => /^[A-Z]{3,}$/.test(each))
    expect(types.length).toBeGreaterThan(5)
    expect(types.filter((name) => schema.getType(name) === undefined)).toEqual([])
    expect(values.filter((name) => !enumValues.has(name))).toEqual([])
  })
})
