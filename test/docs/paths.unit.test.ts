import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = globSync(['*.md', '{docs,client,examples,bench}/**/*.md'], { cwd: ROOT }).filter(
  (page) => !page.includes('node_modules'),
)
const FILES = globSync('{.ci,bench,client,docs,examples,ops,scripts,src,test,web}/**', { cwd: ROOT })
  .filter((path) => !path.includes('node_modules'))
  .concat(globSync('*', { cwd: ROOT }))
  .map((path) => `/${path}`)

/** A path in code marks that has a folder. Pages may leave out the folders that it begins with, and `.test.ts`. */
const PATH =
  /`([\w.@-]*[a-z][\w.@-]*(?:\/[\w.@-]+)+(?:\.(?:tsx?|md|css|html|graphql|json|yaml|sql)|\.(?:unit|contract|integration|e2e)))`/g
const LINK = /\]\((?!https?:|#|mailto:)([^)\s#]+)(?:#[^)]*)?\)/g

const textOf = (page: string): string =>
  readFileSync(join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')

function isThere(path: string): boolean {
  return ['', '.test.ts'].some((suffix) => FILES.some((file) => file.endsWith(`/${path}${suffix}`)))
}

describe.each(PAGES)('%s', (page) => {
  test('names paths that exist', () => {
    const named = [...textOf(page).matchAll(PATH)].map(([, path = '']) => path)
    expect(named.filter((path) => !isThere(path))).toEqual([])
  })

  test('links to files that exist', () => {
    const linked = [...textOf(page).matchAll(LINK)].map(([, path = '']) =>
      normalize(join(dirname(page), path)),
    )
    expect(linked.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })
})

test('A path of no file is found', () => {
  const [found] = '`hub/no-such-file.ts`'.matchAll(PATH)
  expect(isThere(found?.[1] ?? '')).toBe(false)
})
