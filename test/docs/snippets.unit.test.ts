import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')
const schema = buildSchema(await read('schema.graphql'))

const pages: (readonly [path: string, text: string])[] = []
for await (const path of glob(['README.md', 'docs/**/*.md', 'client/**/*.md', 'examples/**/*.md'], {
  cwd: ROOT,
  exclude: (name) => name.includes('node_modules'),
})) {
  pages.push([path, await read(path)])
}
const snippets = pages.flatMap(([path, text]) =>
  [...text.matchAll(/```graphql\n(.*?)```/gs)].map(
    ([, code = '']) => [path, code.split('\n')[0], code] as const,
  ),
)

describe('A snippet of GraphQL', () => {
  test('is there', () => {
    expect(snippets.length).toBeGreaterThan(10)
  })

  test.each(snippets)('in %s, %s, is valid', (_path, _head, code) => {
    expect(validate(schema, parse(code)).map(({ message }) => message)).toEqual([])
  })
})

describe('A link', () => {
  test.each(pages)('in %s leads to a file', async (path, text) => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = '']) => link)
    for (const link of links) {
      if (/\.\w+$/.test(link))
        await expect(read(join(path, '..', link)), `${path} → ${link}`).resolves.toBeTypeOf('string')
    }
  })
})
