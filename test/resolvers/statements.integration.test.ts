import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CountedStatements, countStatements } from '../support/statements.ts'
import { openFixture, textAt, viewer } from './fixtures.ts'

const ANN = viewer('ann', 'SERVICE')
const BOB = viewer('bob')
const ROOMS = 12
const CREATE_ROOM = `mutation ($name: String!) {
  createRoom(input: { name: $name, kind: AUCTION, visibility: PUBLIC }) { ... on RoomPayload { room { id } } } }`
const CREATE_AUCTION = `mutation ($roomId: ID!) {
  createAuction(input: { roomId: $roomId, title: "Lot", currency: "EUR", startingPrice: 100, endsAt: "2033-01-01T00:00:00Z" }) {
    ... on AuctionPayload { auction { id } } } }`
const SEND = `mutation ($roomId: ID!, $id: String!) {
  sendMessage(input: { roomId: $roomId, body: "Hello", clientMessageId: $id }) { __typename } }`
const BID = `mutation ($id: ID!) { placeBid(input: { auctionId: $id, amount: 100, idempotencyKey: "k" }) { __typename } }`
const JOIN = 'mutation ($id: ID!) { joinRoom(roomId: $id) { __typename } }'

let all: Awaited<ReturnType<typeof openFixture>>
let statements: CountedStatements
let roomIds: string[]
let auctionIds: string[]

// A database for all: nothing here writes.
beforeAll(async () => {
  all = await openFixture(ANN, BOB)
  roomIds = []
  auctionIds = []
  for (let each = 0; each < ROOMS; each += 1) await fillRoom(`Room ${each}`)
  statements = countStatements(all.services.database)
})

afterAll(() => all.close())

async function fillRoom(name: string): Promise<void> {
  const id = textAt(await all.run(ANN, CREATE_ROOM, { name }), 'createRoom', 'room', 'id')
  roomIds.push(id)
  await all.run(BOB, JOIN, { id })
  for (const key of ['a', 'b']) await all.run(BOB, SEND, { roomId: id, id: `${name}${key}` })
  for (let each = 0; each < 2; each += 1) {
    const auctionId = textAt(
      await all.run(ANN, CREATE_AUCTION, { roomId: id }),
      'createAuction',
      'auction',
      'id',
    )
    auctionIds.push(auctionId)
    await all.run(BOB, BID, { id: auctionId })
  }
}

async function statementsOf(text: string, variables = {}): Promise<number> {
  statements.reset()
  await all.run(BOB, text, variables)
  return statements.count
}

const ROOM_FIELDS: readonly (readonly [fields: string, most: number])[] = [
  ['members(first: 2) { edges { node { user { name } readThrough deliveredCursor } } }', 2],
  ['members(first: 2) { totalCount edges { cursor } }', 3],
  [
    'a: members(first: 1) { totalCount } b: members(first: 1) { totalCount } c: members(first: 1) { totalCount }',
    3,
  ],
  ['a: members(first: 1) { totalCount } b: members(first: 2) { totalCount }', 5],
  ['members { edges { node { unreadCount } } }', 3],
  ['membership { unreadCount role }', 3],
  ['messages(last: 2) { edges { node { body readCount deliveredCount } } }', 3],
  ['messages(first: 1) { pageInfo { hasNextPage } }', 2],
  ['cursor messagesCursor', 1],
  ['auctions(first: 2) { edges { node { title cursor } } }', 2],
  [
    'auctions { edges { node { bids(first: 3) { edges { node { amount bidder { name } } } } myMaximum } } }',
    4,
  ],
  ['auctions { edges { node { leaderboard { method cursor standings(first: 3) { rank } } } } }', 3],
  ['auctions { edges { node { myBidding { leading highestBid { amount } maximum held } } } }', 3],
  ['leaderboard { standings { rank } cursor }', 2],
]

describe('rooms with what hangs on them', () => {
  test.each(ROOM_FIELDS)('with %s take at most %i statements, however many rooms', async (fields, most) => {
    const text = `query ($n: Int) { rooms(first: $n) { edges { node { id ${fields} } } } }`
    const few = await statementsOf(text, { n: 3 })
    expect(few).toBeLessThanOrEqual(most)
    expect(await statementsOf(text, { n: 100 }), statements.texts.join('\n')).toBeLessThanOrEqual(most)
  })
})

describe('other lists', () => {
  test.each([
    [
      'auctions { edges { node { bids { edges { node { id } } } myMaximum cursor leaderboard { cursor } } } }',
      4,
    ],
    [
      'viewer { rooms { edges { node { membership { unreadCount } messages(last: 1) { edges { node { body } } } } } } }',
      4,
    ],
    ['viewer { unreadNotifications notificationsCursor notifications { edges { node { id } } } }', 4],
  ])('%s take at most %i statements', async (text, most) => {
    expect(await statementsOf(`{ ${text} }`), statements.texts.join('\n')).toBeLessThanOrEqual(most)
  })
})

describe('a document of 170 bytes that made 800 statements', () => {
  test('takes three', async () => {
    const fields = ['a', 'b', 'c', 'd'].map((name) => `${name}: members(first: 1) { totalCount }`).join(' ')
    expect(await statementsOf(`{ rooms(first: 100) { edges { node { ${fields} } } } }`)).toBe(3)
  })
})

describe('fields of one room or auction that is named', () => {
  test('are read together, however many are named in one document', async () => {
    const rooms = roomIds.map((id, n) => `r${n}: room(id: "${id}") { name members { totalCount } }`).join(' ')
    const auctions = auctionIds
      .map((id, n) => `a${n}: auction(id: "${id}") { title bids { edges { cursor } } }`)
      .join(' ')
    expect(await statementsOf(`{ ${rooms} ${auctions} }`), statements.texts.join('\n')).toBeLessThanOrEqual(5)
  })
})

describe('what is read together', () => {
  test('is what each would get alone', async () => {
    const fields = `id cursor messagesCursor members(first: 1) { totalCount pageInfo { hasNextPage endCursor } edges { node { user { id } } } }
      messages(last: 1) { pageInfo { hasPreviousPage } edges { node { id body } } }
      auctions(first: 1) { pageInfo { hasNextPage } edges { node { id cursor bids(first: 1) { edges { node { amount } } }
        myMaximum leaderboard { cursor standings { user { id } score } } } } }
      leaderboard { method cursor }`
    const listed = (await all.run(BOB, `{ rooms { edges { node { ${fields} } } } }`)) as {
      readonly rooms: { readonly edges: readonly { readonly node: { readonly id: string } }[] }
    }
    expect(listed.rooms.edges).toHaveLength(ROOMS + 2)
    for (const { node } of listed.rooms.edges) {
      expect(await all.run(BOB, `query ($id: ID!) { room(id: $id) { ${fields} } }`, { id: node.id })).toEqual(
        { room: node },
      )
    }
  })

  test('distinguishes empty rooms from full ones', async () => {
    const { database } = all.services
    const { rows } = await database.execute<{ count: string }>(sql`SELECT count(*) FROM messages`)
    expect(Number(rows[0]?.count)).toBe(2 * ROOMS)
    const data = await all.run(
      BOB,
      '{ room(id: "global") { messages { edges { cursor } } auctions { edges { cursor } } } }',
    )
    expect(data).toEqual({ room: { messages: { edges: [] }, auctions: { edges: [] } } })
  })
})
