import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = globSync(['*.md', '{docs,client,examples,bench}/**/*.md'], { cwd: ROOT }).filter(
  (page) => !page.includes('node_modules'),
)
const LINK = /\]\((?!https?:)([^)\s#]*)#([^)\s]+)\)/g

const textOf = (page: string): string =>
  readFileSync(join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}

describe('A link to a heading', () => {
  test.each(PAGES)('of %s leads to one that exists', (page) => {
    const links = [...textOf(page).matchAll(LINK)].map(([, path = '', anchor = '']) => ({
      target: path === '' ? page : join(dirname(page), path),
      anchor,
    }))
    const broken = links.filter(
      ({ target, anchor }) => target.endsWith('.md') && !anchorsOf(target).has(anchor),
    )
    expect(broken).toEqual([])
  })

  test('to no heading is found', () => {
    expect(anchorsOf('docs/api.md').has('with-graphql-ws')).toBe(true)
    expect(anchorsOf('docs/api.md').has('no-such-heading')).toBe(false)
  })
})
