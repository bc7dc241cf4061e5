import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GraphQLError } from 'graphql'
import { describe, expect, test } from 'vitest'
import { connectionOf, defineList, sliceOf, spanConnectionOf, spanOf } from '../../src/resolvers/paging.ts'

const ROOT = join(import.meta.dirname, '../..')
const keyOf = (rank: number) => ({ rank, id: `user:${rank}` })
const ROOMS = defineList('rooms', keyOf)
const AUCTIONS = defineList('auctions', keyOf)
const MESSAGES = defineList('messages', keyOf)
const same = (rank: number): number => rank
const nodes = (connection: { readonly edges: readonly { readonly node: number }[] }) =>
  connection.edges.map((edge) => edge.node)

/** The code of the refusal that `ask` throws. */
function codeOf(ask: () => unknown): unknown {
  try {
    ask()
  } catch (error) {
    return error instanceof GraphQLError ? error.extensions['code'] : error
  }
  return undefined
}

/** A page of the numbers 1 to `count`, as a database would answer it. */
function pageOf(count: number, args: { first?: number; after?: string }) {
  const slice = sliceOf(ROOMS, args)
  const all = Array.from({ length: count }, (_, index) => index + 1)
  const rows = all.filter((rank) => rank > (slice.after?.rank ?? 0)).slice(0, slice.limit + 1)
  return connectionOf(ROOMS, slice, rows, same)
}

function spanPageOf(count: number, args: { first?: number; after?: string; last?: number; before?: string }) {
  const span = spanOf(MESSAGES, args)
  const all = Array.from({ length: count }, (_, index) => index + 1)
  const within = all.filter(
    (rank) => rank > (span.after?.rank ?? 0) && rank < (span.before?.rank ?? Number.POSITIVE_INFINITY),
  )
  const rows = span.from === 'start' ? within.slice(0, span.limit + 1) : within.slice(-(span.limit + 1))
  return spanConnectionOf(MESSAGES, span, rows, same)
}

describe('a page from the front', () => {
  test('has 20 items unless asked otherwise', () => {
    expect(nodes(pageOf(50, {}))).toHaveLength(20)
    expect(nodes(pageOf(500, { first: 100 }))).toHaveLength(100)
  })

  test('leads through the whole list, each item once', () => {
    const seen: number[] = []
    let after: string | undefined
    for (;;) {
      const page = pageOf(25, after === undefined ? { first: 10 } : { first: 10, after })
      seen.push(...nodes(page))
      expect(page.pageInfo.hasPreviousPage).toBe(after !== undefined)
      if (!page.pageInfo.hasNextPage) break
      after = page.pageInfo.endCursor ?? ''
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index + 1))
  })

  test('of no items says whether any exist', () => {
    expect(pageOf(1, { first: 0 }).pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    })
  })

  test.each([-1, 101])('of %d items is BAD_USER_INPUT', (first) => {
    expect(codeOf(() => sliceOf(ROOMS, { first }))).toBe('BAD_USER_INPUT')
  })

  test("after garbage, or another list's cursor, is CURSOR_INVALID", () => {
    const { startCursor } = pageOf(3, {}).pageInfo
    expect(codeOf(() => sliceOf(ROOMS, { after: startCursor }))).toBeUndefined()
    expect(codeOf(() => sliceOf(AUCTIONS, { after: startCursor }))).toBe('CURSOR_INVALID')
    const forged = ['rooms.zzzzzzzzzz.x', 'rooms.01.x', 'rooms.-1.x', 'rooms.1.a\0b', 'rooms.1'].map((text) =>
      Buffer.from(text).toString('base64url'),
    )
    for (const after of ['', 'x', '!!!', `${startCursor}=`, ...forged]) {
      expect(codeOf(() => sliceOf(ROOMS, { after }))).toBe('CURSOR_INVALID')
    }
  })
})

describe('a page from either end', () => {
  const cursorOf = (rank: number): string => spanPageOf(rank, { last: 1 }).pageInfo.endCursor ?? ''

  test('is the end of the list unless asked otherwise', () => {
    const page = spanPageOf(50, {})
    expect(nodes(page)).toEqual(Array.from({ length: 20 }, (_, index) => index + 31))
    expect(page.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false })
  })

  test('goes back by last and before', () => {
    const page = spanPageOf(50, { last: 2, before: cursorOf(3) })
    expect(nodes(page)).toEqual([1, 2])
    expect(page.pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: true })
  })

  test('goes forward by first and after, also by after alone', () => {
    const page = spanPageOf(50, { first: 2, after: cursorOf(48) })
    expect(nodes(page)).toEqual([49, 50])
    expect(page.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false })
    expect(nodes(spanPageOf(50, { after: cursorOf(48) }))).toEqual([49, 50])
    expect(nodes(spanPageOf(50, { after: cursorOf(10), last: 1 }))).toEqual([50])
  })

  test('of no items is empty', () => {
    expect(nodes(spanPageOf(50, { last: 0 }))).toEqual([])
    expect(nodes(spanPageOf(50, { first: 0 }))).toEqual([])
  })

  test('by first and last at once is BAD_USER_INPUT', () => {
    expect(codeOf(() => spanOf(MESSAGES, { first: 1, last: 1 }))).toBe('BAD_USER_INPUT')
    expect(codeOf(() => spanOf(MESSAGES, { last: 101 }))).toBe('BAD_USER_INPUT')
  })
})

describe('the names of lists', () => {
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).map((path) => readFileSync(join(ROOT, path), 'utf8'))
  const names = sources.flatMap((text) =>
    [...text.matchAll(/= defineList<\w+>\(\s*'([^']*)'/g)].map(([, name]) => name),
  )

  test('are those of all lists', () => {
    const calls = sources.flatMap((text) => text.match(/= defineList\b/g) ?? [])
    expect(names).toHaveLength(calls.length)
    expect(names).toContain('rooms')
  })

  test('differ, so that no cursor fits two lists', () => {
    expect(new Set(names).size).toBe(names.length)
  })

  test('consist of lower-case letters, as cursors are read', () => {
    for (const name of names) expect(name).toMatch(/^[a-z]+$/)
  })
})
