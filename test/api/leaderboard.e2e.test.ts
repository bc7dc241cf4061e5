import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, caughtUp, codeOfEnd, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction, makeRoom } from '../support/rooms.ts'
import { type BidAnswer, HAMMER, PLACE_BID } from './auction-documents.ts'

const STANDING = `rank user { id name } score previousRank reachedAt`
const LEADERBOARD = `id method cursor standings { ${STANDING} }`
const QUERY = `query ($id: ID!, $first: Int) { auction(id: $id) { id leaderboard { id method cursor
  standings(first: $first) { ${STANDING} } } } }`
const ENTRIES = `subscription ($auctionId: ID, $roomId: ID, $after: Cursor) {
  leaderboard(auctionId: $auctionId, roomId: $roomId, after: $after) {
    __typename
    ... on Event { offset cursor at }
    ... on LeaderboardSnapshot { reset leaderboard { ${LEADERBOARD} } }
    ... on LeaderboardUpdated { standings { ${STANDING} } }
    ... on RankingChanged { standings { ${STANDING} } }
  } }`

interface Standing {
  readonly rank: number
  readonly user: { readonly id: string; readonly name: string }
  readonly score: number
  readonly previousRank: number | null
  readonly reachedAt: string
}

interface Leaderboard {
  readonly id: string
  readonly method: string
  readonly cursor: string
  readonly standings: readonly Standing[]
}

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly at: string
  readonly reset?: boolean
  readonly leaderboard?: Leaderboard
  readonly standings?: readonly Standing[]
}

const standingLine = ({ rank, user, score, previousRank }: Standing): string =>
  `${rank} ${user.id} ${score}${previousRank === null ? '' : ` from ${previousRank}`}`

function lineOf({ offset, __typename, standings = [] }: Entry): string {
  return `${offset} ${__typename}: ${standings.map(standingLine).join(', ')}`
}

let node: TestNode
let seller: Caller
let ann: Caller
let bob: Caller
let cid: Caller
let visitor: Caller
let roomId: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  seller = await createCaller(node, 'sally')
  ann = await createCaller(node, 'ann')
  bob = await createCaller(node, 'bob')
  cid = await createCaller(node, 'cid')
  visitor = await createCaller(node)
  roomId = await makeRoom(node, seller.token ?? '')
})

afterAll(async () => {
  for (const each of [seller, ann, bob, cid, visitor]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

function create(input: object = {}): Promise<string> {
  return makeAuction(node, seller.token ?? '', roomId, input)
}

function bid(by: Caller, auctionId: string, offer: object): Promise<BidAnswer> {
  return by.ask<BidAnswer>(PLACE_BID, { input: { auctionId, idempotencyKey: randomUUID(), ...offer } })
}

async function query(id: string, first?: number): Promise<Leaderboard> {
  const { leaderboard } = await visitor.ask<{ readonly leaderboard: Leaderboard }>(QUERY, { id, first })
  return leaderboard
}

async function createListener(): Promise<Caller> {
  const listener = await createCaller(node)
  onTestFinished(() => listener[Symbol.asyncDispose]())
  return listener
}

describe('the leaderboard of an auction', () => {
  test('begins with an empty snapshot at offset 0', async () => {
    const auctionId = await create()
    const listener = await createListener()
    const [first] = await listener.record<Entry>(ENTRIES, { auctionId }).take(1)
    expect(first).toMatchObject({
      __typename: 'LeaderboardSnapshot',
      offset: 0,
      reset: false,
      leaderboard: { id: `lb_${auctionId}`, method: 'ORDINAL', standings: [] },
    })
    expect(first?.leaderboard?.cursor).toBe(first?.cursor)
  })

  test('tells for each command whose score changed, then which ranks changed hands', async () => {
    const auctionId = await create()
    const listener = await createListener()
    const entries = listener.record<Entry>(ENTRIES, { auctionId })
    await entries.take(1)
    await bid(ann, auctionId, { maximum: 1500 })
    await bid(bob, auctionId, { maximum: 1000 })
    await bid(cid, auctionId, { amount: 2000 })
    await bid(cid, auctionId, { amount: 2500 })
    await bid(cid, auctionId, { maximum: 9000 })
    const { cursor } = await query(auctionId)
    await entries.take(8)
    await caughtUp(listener)
    expect(entries.values.slice(1).map(lineOf)).toEqual([
      '1 LeaderboardUpdated: 1 ann 500',
      '2 RankingChanged: 1 ann 500',
      '3 LeaderboardUpdated: 1 ann 1050 from 1, 2 bob 1000',
      '4 RankingChanged: 2 bob 1000',
      '5 LeaderboardUpdated: 1 cid 2000',
      '6 RankingChanged: 1 cid 2000, 2 ann 1050 from 1, 3 bob 1000 from 2',
      '7 LeaderboardUpdated: 1 cid 2500 from 1',
    ])
    expect(entries.values.at(-1)?.cursor).toBe(cursor)
    expect((await query(auctionId)).standings.map(standingLine)).toEqual([
      '1 cid 2500 from 1',
      '2 ann 1050 from 1',
      '3 bob 1000',
    ])
  })

  test('puts the standing leader before a challenger who bid as much, earlier', async () => {
    const auctionId = await create()
    await bid(ann, auctionId, { maximum: 1500 })
    await bid(bob, auctionId, { maximum: 1500 })
    const { standings } = await query(auctionId)
    expect(standings.map(standingLine)).toEqual(['1 ann 1500 from 1', '2 bob 1500'])
    const listener = await createListener()
    const [first] = await listener.record<Entry>(ENTRIES, { auctionId }).take(1)
    expect(first?.leaderboard?.standings).toEqual(standings)
  })

  test('among equals that nobody leads with puts first who bid it first, also before who led with it', async () => {
    const auctionId = await create()
    await bid(ann, auctionId, { maximum: 1500 })
    await bid(bob, auctionId, { maximum: 1500 })
    await bid(cid, auctionId, { amount: 2000 })
    const { standings } = await query(auctionId)
    expect(standings.map(({ rank, user, score }) => `${rank} ${user.id} ${score}`)).toEqual([
      '1 cid 2000',
      '2 bob 1500',
      '3 ann 1500',
    ])
  })

  test('says when a score was reached', async () => {
    const auctionId = await create()
    const listener = await createListener()
    const entries = listener.record<Entry>(ENTRIES, { auctionId })
    await entries.take(1)
    await bid(ann, auctionId, { amount: 600 })
    const [, updated] = await entries.take(2)
    expect(updated?.standings?.[0]?.reachedAt).toBe(updated?.at)
  })

  test('is resumed by the cursor of an entry, with exactly what came after it', async () => {
    const auctionId = await create()
    const listener = await createListener()
    const entries = listener.record<Entry>(ENTRIES, { auctionId })
    await entries.take(1)
    await bid(ann, auctionId, { amount: 600 })
    await bid(bob, auctionId, { amount: 700 })
    const heard = await entries.take(5)
    const resumed = await (await createListener())
      .record<Entry>(ENTRIES, { auctionId, after: heard[2]?.cursor })
      .take(2)
    expect(resumed).toEqual(heard.slice(3))
  })

  test('hands over from the cursor of a query without a gap', async () => {
    const auctionId = await create()
    await bid(ann, auctionId, { amount: 600 })
    const { cursor: after } = await query(auctionId)
    await bid(bob, auctionId, { amount: 700 })
    const listener = await createListener()
    const entries = await listener.record<Entry>(ENTRIES, { auctionId, after }).take(2)
    expect(entries.map(lineOf)).toEqual([
      '3 LeaderboardUpdated: 1 bob 700',
      '4 RankingChanged: 1 bob 700, 2 ann 600 from 1',
    ])
  })

  test('keeps still where nothing visible is bid, and after the end', async () => {
    const auctionId = await create()
    await bid(ann, auctionId, { maximum: 1500 })
    const before = await query(auctionId)
    await bid(ann, auctionId, { maximum: 2000 })
    await seller.ask(HAMMER, { id: auctionId })
    expect(await query(auctionId)).toEqual(before)
  })

  test('shows as many as are asked for, at most 100', async () => {
    const auctionId = await create()
    await bid(ann, auctionId, { amount: 600 })
    await bid(bob, auctionId, { amount: 700 })
    expect((await query(auctionId, 1)).standings.map(standingLine)).toEqual(['1 bob 700'])
    expect((await query(auctionId, 0)).standings).toEqual([])
    expect(await visitor.refusal(QUERY, { id: auctionId, first: 101 })).toBe('BAD_USER_INPUT')
    expect(await visitor.refusal(QUERY, { id: auctionId, first: -1 })).toBe('BAD_USER_INPUT')
  })

  test('refuses a cursor of the bids of the same auction', async () => {
    const auctionId = await create()
    const { cursor } = await bid(ann, auctionId, { amount: 600 })
    expect(await codeOfEnd(visitor.record(ENTRIES, { auctionId, after: cursor }))).toBe('CURSOR_INVALID')
  })
})

describe('the leaderboard of a room', () => {
  test('is empty, and ranks by the method of the room', async () => {
    const listener = await createListener()
    const [first] = await listener.record<Entry>(ENTRIES, { roomId }).take(1)
    expect(first).toMatchObject({
      __typename: 'LeaderboardSnapshot',
      offset: 0,
      leaderboard: { id: `lb_${roomId}`, method: 'STANDARD', standings: [] },
    })
  })

  test('is there for the rooms of the first start', async () => {
    const listener = await createListener()
    const [first] = await listener.record<Entry>(ENTRIES, { roomId: 'global' }).take(1)
    expect(first?.leaderboard).toMatchObject({ id: 'lb_room_global', standings: [] })
  })
})

describe('asking for a leaderboard', () => {
  test('of neither or of both is BAD_USER_INPUT', async () => {
    const auctionId = await create()
    expect(await codeOfEnd(visitor.record(ENTRIES, {}))).toBe('BAD_USER_INPUT')
    expect(await codeOfEnd(visitor.record(ENTRIES, { roomId, auctionId }))).toBe('BAD_USER_INPUT')
    expect(await codeOfEnd(visitor.record(ENTRIES, { roomId: null, auctionId: null }))).toBe('BAD_USER_INPUT')
  })

  test('of what is not there, or out of sight, is NOT_FOUND', async () => {
    const hidden = await makeRoom(node, seller.token ?? '', { visibility: 'MEMBERS' })
    const auctionId = await makeAuction(node, seller.token ?? '', hidden)
    for (const each of [ann, visitor]) {
      expect(await codeOfEnd(each.record(ENTRIES, { roomId: hidden }))).toBe('NOT_FOUND')
      expect(await codeOfEnd(each.record(ENTRIES, { auctionId }))).toBe('NOT_FOUND')
    }
    expect(await codeOfEnd(ann.record(ENTRIES, { auctionId: 'auc_nothing' }))).toBe('NOT_FOUND')
    expect(await codeOfEnd(ann.record(ENTRIES, { roomId: 'nowhere' }))).toBe('NOT_FOUND')
    const [first] = await seller.record<Entry>(ENTRIES, { auctionId }).take(1)
    expect(first?.__typename).toBe('LeaderboardSnapshot')
  })
})
