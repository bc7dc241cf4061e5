import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '../../src')
/** Two members or more, written out where a list of a type, or of a GraphQL enum, is wanted. */
const COPIES = /(?:\bvalues:|: readonly [A-Z]\w*\[\] =) \[\s*'[^']*',\s*'[^\]]*\]/g

const copiesIn = (text: string): readonly string[] => text.match(COPIES) ?? []

test('Members of a closed list are written once, as the tuple that its type is made of', () => {
  const copies = globSync('**/*.ts', { cwd: SRC }).flatMap((path) =>
    copiesIn(readFileSync(join(SRC, path), 'utf8')).map((copy) => `${path}: ${copy}`),
  )
  expect(copies).toEqual([])
})

test('A copy of a closed list is found', () => {
  expect(copiesIn("const AUDIENCES: readonly Audience[] = ['GLOBAL', 'ADMIN']")).toHaveLength(1)
  expect(copiesIn("builder.enumType('Severity', { values: ['INFO',\n 'WARNING'] })")).toHaveLength(1)
  expect(copiesIn("builder.enumType('Severity', { values: SEVERITIES })")).toHaveLength(0)
})
