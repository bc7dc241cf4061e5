import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, codeOfEnd, createCaller } from '../support/caller.ts'
import { openEventStream } from '../support/event-stream.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { CREATE_ROOM, type RoomAnswer } from './room-documents.ts'

const STANDINGS = 'standings { rank user { id name } score previousRank }'
const REPORT = `mutation ($roomId: ID!, $scores: [ScoreInput!]!) { reportScores(roomId: $roomId, scores: $scores) {
  __typename ... on LeaderboardPayload { cursor leaderboard { id method ${STANDINGS} cursor } } ... on Rejected { code field } } }`
const COPY = `mutation ($roomId: ID!, $key: String) { createLeaderboardSnapshot(roomId: $roomId, idempotencyKey: $key) {
  __typename ... on LeaderboardPayload { cursor } ... on Rejected { code field } } }`
const ARCHIVE = `query ($id: ID!) { leaderboardSnapshot(id: $id) { id roomId method takenAt standings(first: 100) { rank user { id } score } } }`
const ROOM = `query ($id: ID!) { room(id: $id) { leaderboard { id method ${STANDINGS} cursor } } }`
const FOLLOW = `subscription ($roomId: ID!, $after: Cursor) { leaderboard(roomId: $roomId, after: $after) {
  __typename ... on Event { offset cursor }
  ... on LeaderboardSnapshot { leaderboard { method ${STANDINGS} } }
  ... on LeaderboardUpdated { ${STANDINGS} }
  ... on RankingChanged { ${STANDINGS} }
  ... on LeaderboardSnapshotCreated { snapshotId ${STANDINGS} } } }`

interface Standing {
  readonly rank: number
  readonly user: { readonly id: string }
  readonly score: number
  readonly previousRank: number | null
}

interface Board {
  readonly method: string
  readonly standings: readonly Standing[]
  readonly cursor: string
}

interface Answer {
  readonly code?: string
  readonly cursor: string
  readonly leaderboard: Board
}

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly snapshotId?: string
  readonly standings?: readonly Standing[]
  readonly leaderboard?: Board
}

let node: TestNode
let service: Caller
let owner: Caller

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  service = await createCaller(node, 'house', ['service'])
  owner = await createCaller(node, 'owner')
})
afterAll(async () => {
  for (const each of [service, owner]) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

async function somebody(roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, `user ${randomUUID()}`, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

async function room(input: object = {}): Promise<string> {
  const given = { name: 'A contest', kind: 'TRADE', visibility: 'PUBLIC', ...input }
  return (await owner.ask<RoomAnswer>(CREATE_ROOM, { input: given })).room.id
}

function report(roomId: string, scores: Readonly<Record<string, number>>, by = service): Promise<Answer> {
  const list = Object.entries(scores).map(([userId, score]) => ({ userId, score }))
  return by.ask<Answer>(REPORT, { roomId, scores: list })
}

const lines = (standings: readonly Standing[] | undefined): readonly string[] =>
  (standings ?? []).map(
    ({ rank, user, score, previousRank }) => `${rank} ${user.id} ${score} ${previousRank}`,
  )

const ranks = ({ leaderboard }: Answer): readonly number[] => leaderboard.standings.map(({ rank }) => rank)

describe('ranking 9, 8, 8, 7', () => {
  test.for([
    { ranking: undefined, method: 'STANDARD', expected: [1, 2, 2, 4] },
    { ranking: 'STANDARD', method: 'STANDARD', expected: [1, 2, 2, 4] },
    { ranking: 'DENSE', method: 'DENSE', expected: [1, 2, 2, 3] },
    { ranking: 'ORDINAL', method: 'ORDINAL', expected: [1, 2, 3, 4] },
  ])('in a room that ranks by $ranking gives $expected', async ({ ranking, method, expected }) => {
    const roomId = await room(ranking === undefined ? {} : { ranking })
    const answer = await report(roomId, { d: 7, b: 8, c: 8, a: 9 })
    expect(answer.leaderboard.method).toBe(method)
    expect(ranks(answer)).toEqual(expected)
    expect(answer.leaderboard.standings.map(({ user }) => user.id)).toEqual(['a', 'b', 'c', 'd'])
    const { leaderboard } = await owner.ask<{ leaderboard: Board }>(ROOM, { id: roomId })
    expect(leaderboard).toMatchObject({ id: `lb_${roomId}`, method, cursor: answer.leaderboard.cursor })
    expect(lines(leaderboard.standings)).toEqual(lines(answer.leaderboard.standings))
  })
})

describe('reported scores', () => {
  test('are two entries where ranks change, one where only scores do, none where nothing does', async () => {
    const roomId = await room()
    const heard = (await somebody()).record<Entry>(FOLLOW, { roomId })
    await heard.take(1)
    await report(roomId, { a: 10, b: 20 })
    await report(roomId, { a: 15 })
    const same = await report(roomId, { a: 15, b: 20 })
    const last = await report(roomId, { a: 30 })
    const entries = (await heard.take(6)).slice(1)
    expect(entries.map(({ __typename, offset }) => `${offset} ${__typename}`)).toEqual([
      '1 LeaderboardUpdated',
      '2 RankingChanged',
      '3 LeaderboardUpdated',
      '4 LeaderboardUpdated',
      '5 RankingChanged',
    ])
    expect(same.cursor).toBe(entries[2]?.cursor)
    expect(last.cursor).toBe(entries[4]?.cursor)
    expect(lines(entries[2]?.standings)).toEqual(['2 a 15 2'])
    expect(lines(entries[3]?.standings)).toEqual(['1 a 30 2'])
    expect(lines(entries[4]?.standings)).toEqual(['1 a 30 2', '2 b 20 1'])
  })

  test('are absolute: they replace, also by less, and below nothing', async () => {
    const roomId = await room()
    await report(roomId, { a: 10, b: 5 })
    expect(lines((await report(roomId, { a: -3 })).leaderboard.standings)).toEqual(['1 b 5 null', '2 a -3 1'])
  })

  test('keep who got there first before an equal, within a report and over reports', async () => {
    const roomId = await room({ ranking: 'ORDINAL' })
    await report(roomId, { late: 5, first: 9 })
    await report(roomId, { second: 9, third: 9 })
    const { leaderboard } = await report(roomId, { late: 9 })
    expect(leaderboard.standings.map(({ user }) => user.id)).toEqual(['first', 'second', 'third', 'late'])
  })

  test('are resumed from a cursor, and told by server-sent events alike', async () => {
    const roomId = await room()
    const { cursor } = await report(roomId, { a: 1 })
    for (const score of [2, 3, 4]) await report(roomId, { a: score })
    const rest = await (await somebody()).record<Entry>(FOLLOW, { roomId, after: cursor }).take(3)
    expect(rest.map(({ standings }) => standings?.[0]?.score)).toEqual([2, 3, 4])
    await using stream = await openEventStream(node.url, {
      query: FOLLOW,
      variables: { roomId, after: cursor },
    })
    expect(await stream.next()).toMatchObject({
      data: { data: { leaderboard: { __typename: 'LeaderboardUpdated', standings: [{ score: 2 }] } } },
    })
  })

  test('from many at once lose none, and a thousand of them are one report', async () => {
    const roomId = await room({ ranking: 'ORDINAL' })
    await Promise.all(Array.from({ length: 50 }, (_, index) => report(roomId, { [`u${index}`]: index })))
    const scores = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`v${index}`, 1000 + index]))
    await report(roomId, scores)
    const [snapshot] = await (await somebody()).record<Entry>(FOLLOW, { roomId }).take(1)
    expect(snapshot?.leaderboard?.standings).toHaveLength(1000)
    expect(snapshot?.leaderboard?.standings[0]).toMatchObject({ rank: 1, user: { id: 'v999' } })
  })
})

describe('a copy of a leaderboard', () => {
  test('stays as it is, whatever is reported later; one key makes one', async () => {
    const roomId = await room({ ranking: 'DENSE' })
    await report(roomId, { a: 9, b: 8, c: 8, d: 7 })
    const heard = owner.record<Entry>(FOLLOW, { roomId })
    await heard.take(1)
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => service.ask<Answer>(COPY, { roomId, key })),
    )
    const [, created] = await heard.take(2)
    expect(new Set(answers.map(({ cursor }) => cursor))).toEqual(new Set([created?.cursor]))
    expect(created).toMatchObject({ __typename: 'LeaderboardSnapshotCreated' })
    await report(roomId, { d: 100 })
    expect(await owner.ask(ARCHIVE, { id: created?.snapshotId })).toMatchObject({
      id: created?.snapshotId,
      roomId,
      method: 'DENSE',
      standings: [
        { rank: 1, user: { id: 'a' }, score: 9 },
        { rank: 2, user: { id: 'b' }, score: 8 },
        { rank: 2, user: { id: 'c' }, score: 8 },
        { rank: 3, user: { id: 'd' }, score: 7 },
      ],
    })
    expect((await heard.take(4)).map(({ __typename }) => __typename).slice(2)).toEqual([
      'LeaderboardUpdated',
      'RankingChanged',
    ])
    const again = await service.ask<Answer>(COPY, { roomId: await room(), key })
    expect(again).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('is there for those alone who may see the room', async () => {
    const roomId = await room({ visibility: 'MEMBERS' })
    await report(roomId, { a: 1 })
    const heard = owner.record<Entry>(FOLLOW, { roomId })
    await heard.take(1)
    await service.ask(COPY, { roomId })
    const id = (await heard.take(2))[1]?.snapshotId
    const shown = (caller: Caller) => caller.answer(ARCHIVE, { id })
    await using visitor = await createCaller(node)
    for (const caller of [visitor, await somebody(), await somebody(['moderator'])]) {
      expect(await shown(caller)).toEqual({ data: { leaderboardSnapshot: null } })
    }
    for (const caller of [owner, service, await somebody(['admin'])]) {
      expect(await shown(caller)).toMatchObject({ data: { leaderboardSnapshot: { id } } })
    }
    expect(await codeOfEnd((await somebody()).record(FOLLOW, { roomId }))).toBe('NOT_FOUND')
  })
})

describe('refused', () => {
  test.for([
    { what: 'no scores', scores: [], field: 'scores' },
    { what: 'a user twice', scores: [1, 2].map((score) => ({ userId: 'a', score })), field: 'scores' },
    {
      what: 'more than a thousand',
      scores: Array.from({ length: 1001 }, (_, score) => ({ userId: `u${score}`, score })),
      field: 'scores',
    },
    { what: 'a user without an id', scores: [{ userId: '', score: 1 }], field: 'userId' },
  ])('with INVALID_INPUT are $what', async ({ scores, field }) => {
    const roomId = await room()
    expect(await service.ask(REPORT, { roomId, scores })).toMatchObject({ code: 'INVALID_INPUT', field })
  })

  test('with NOT_FOUND is a room that is not there', async () => {
    expect(await report('nowhere', { a: 1 })).toMatchObject({ code: 'NOT_FOUND', field: 'roomId' })
    expect(await service.ask(COPY, { roomId: 'nowhere' })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await owner.answer(ARCHIVE, { id: 'nowhere' })).toEqual({ data: { leaderboardSnapshot: null } })
  })

  test('are all but services and administrators, the owner too', async () => {
    const roomId = await room()
    const scores = [{ userId: 'a', score: 1 }]
    for (const caller of [owner, await somebody(), await somebody(['moderator'])]) {
      expect(await caller.refusal(REPORT, { roomId, scores })).toBe('FORBIDDEN')
      expect(await caller.refusal(COPY, { roomId })).toBe('FORBIDDEN')
    }
    await using visitor = await createCaller(node)
    expect(await visitor.refusal(REPORT, { roomId, scores })).toBe('UNAUTHENTICATED')
    expect(await visitor.refusal(COPY, { roomId })).toBe('UNAUTHENTICATED')
    const hidden = await room({ visibility: 'MEMBERS' })
    expect(await (await somebody()).ask(REPORT, { roomId: hidden, scores })).toMatchObject({
      code: 'NOT_FOUND',
    })
    expect(await report(roomId, { a: 1 }, await somebody(['admin']))).toHaveProperty('cursor')
  })
})
