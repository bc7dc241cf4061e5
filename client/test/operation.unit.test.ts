import { readFile } from 'node:fs/promises'
import { buildSchema, getNamedType, isObjectType, isUnionType, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { prepareOperation } from '../src/operation.ts'
import { SNAPSHOTS } from '../src/resumption.ts'

const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'))

const bare = (text: string): string => text.replace(/\s+/g, ' ').trim()

describe('The subscriptions that are gone on with', () => {
  test('are those of the schema that take a cursor, each with its snapshot', () => {
    const histories = Object.values(schema.getSubscriptionType()?.getFields() ?? {})
      .filter(({ args }) => args.some(({ name }) => name === 'after'))
      .map(({ name, type }) => {
        const union = getNamedType(type)
        const members = isUnionType(union) ? union.getTypes() : []
        const snapshots = members.filter((each) => isObjectType(each) && 'reset' in each.getFields())
        return [name, snapshots.map((each) => each.name).join()]
      })
    expect(SNAPSHOTS).toEqual(Object.fromEntries(histories))
  })

  test.each(Object.keys(SNAPSHOTS))('%s is asked for what going on takes, validly', (field) => {
    const { args = [] } = schema.getSubscriptionType()?.getFields()[field] ?? {}
    const needed = args.filter(({ type }) => String(type).endsWith('!'))
    const given = needed
      .map(({ name, type }) => `${name}: ${String(type) === 'ID!' ? '"1"' : 'ENGINE'}`)
      .join()
    const query = `subscription { ${field}${given === '' ? '' : `(${given})`} { __typename } }`
    const { text, resumption } = prepareOperation({ query })

    expect(resumption).toEqual({ key: field, variable: 'after', initial: undefined })
    expect(text).toContain('cursor')
    const problems = validate(schema, parse(text)).map(({ message }) => message)
    expect(problems.filter((message) => !message.includes('StatusKind'))).toEqual([])
  })
})

describe('A subscription', () => {
  test('that asks for nothing but its own is given cursor, offset, time, reset and the argument', () => {
    const query = 'subscription Bids($id: ID!) { bids(auctionId: $id) { __typename } }'
    const { text } = prepareOperation({ query })
    expect(bare(text)).toBe(
      bare(`subscription Bids($id: ID!, $after: Cursor) {
        bids(auctionId: $id, after: $after) {
          __typename ... on Event { cursor offset at } ... on AuctionSnapshot { reset }
        }
      }`),
    )
  })

  test('that asks for all of it stays as it is, so that its hash does', () => {
    const query = `subscription Bids($id: ID!, $from: Cursor) {
      bids(auctionId: $id, after: $from) {
        ... on Event { at cursor offset }
        ... on AuctionSnapshot { reset auction { id } }
      }
    }`
    const { text, resumption } = prepareOperation({ query })
    expect(bare(text)).toBe(bare(query))
    expect(resumption).toEqual({ key: 'bids', variable: 'from', initial: undefined })
  })

  test('that begins at a cursor of its own text begins there, and goes on from a variable', () => {
    const query = 'subscription { announcements(after: "c1") { __typename } }'
    const { text, resumption } = prepareOperation({ query })
    expect(text).toContain('announcements(after: $after)')
    expect(resumption).toEqual({ key: 'announcements', variable: 'after', initial: 'c1' })
  })

  test('that calls its field something else is read by that name', () => {
    const query = 'subscription { mine: notifications { __typename } }'
    expect(prepareOperation({ query }).resumption?.key).toBe('mine')
  })

  test('whose variables are called like ours gets another', () => {
    const query = 'subscription ($after: ID!) { bids(auctionId: $after) { __typename } }'
    const { text, resumption } = prepareOperation({ query })
    expect(resumption?.variable).toBe('after_')
    expect(text).toContain('bids(auctionId: $after, after: $after_)')
  })

  test('that selects the cursor under another name is given it under its own', () => {
    const query = 'subscription { announcements { ... on Event { c: cursor offset at } } }'
    expect(bare(prepareOperation({ query }).text)).toContain('... on Event { cursor offset at }')
  })

  test('that tells the latest state is left alone', () => {
    const query = 'subscription { serverTime }'
    expect(prepareOperation({ query })).toMatchObject({ resumption: null, type: 'subscription' })
  })

  test('whose field stands in a fragment is refused: it could not be gone on with', () => {
    const query = 'subscription { ...F } fragment F on Subscription { announcements { __typename } }'
    expect(() => prepareOperation({ query })).toThrow('selects its field directly')
  })
})

describe('A history that this version does not know', () => {
  test('is resumed where the document passes a cursor and gets one back, and is sent as it stands', () => {
    const query = `subscription ($id: ID!, $after: Cursor) {
      polls(pollId: $id, after: $after) { __typename ...Entry ... on PollSnapshot { reset } }
    }
    fragment Entry on Event { cursor offset }`
    const { text, resumption } = prepareOperation({ query })
    expect(bare(text)).toBe(bare(query))
    expect(resumption).toEqual({ key: 'polls', variable: 'after', initial: undefined })
  })

  test('is resumed where its entries are no events, as those of the change feed', () => {
    const query = `subscription ($from: Cursor!) {
      feed: changes(after: $from) { ... on ChangesStart { cursor reset } ... on Change { cursor type } }
    }`
    const { text, resumption } = prepareOperation({ query })
    expect(bare(text)).toBe(bare(query))
    expect(resumption).toEqual({ key: 'feed', variable: 'from', initial: undefined })
  })

  test('is asked for the cursor, and for the names that tell its snapshots, where the document forgot them', () => {
    const query = 'subscription ($after: Cursor) { polls(after: $after) { ... on Vote { option } } }'
    expect(bare(prepareOperation({ query }).text)).toBe(
      bare(`subscription ($after: Cursor) {
        polls(after: $after) { ... on Vote { option } ... on Event { cursor offset at } __typename }
      }`),
    )
  })

  test.each([
    'subscription ($after: String) { polls(after: $after) { id } }',
    'subscription ($after: Cursor) { polls(before: $after) { id } }',
    'subscription { polls { id } }',
  ])('is left alone where it takes no cursor: %s', (query) => {
    const { text, resumption } = prepareOperation({ query })
    expect(resumption).toBeNull()
    expect(bare(text)).toBe(bare(query))
  })
})

describe('Of a document with several operations', () => {
  const query = 'query A { a: __typename } subscription B { announcements { __typename } }'

  test('the one that is named is prepared', () => {
    expect(prepareOperation({ query, operationName: 'A' }).type).toBe('query')
    expect(prepareOperation({ query, operationName: 'B' }).resumption?.key).toBe('announcements')
  })

  test('none is taken at random', () => {
    expect(() => prepareOperation({ query })).toThrow('set operationName')
  })
})
