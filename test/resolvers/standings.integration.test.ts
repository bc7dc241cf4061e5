import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fixture, openFixture, textAt, viewer } from './fixtures.ts'

const engine = viewer('engine', 'SERVICE')
const SIZE = 250
const RANKS = `query ($id: ID!, $first: Int, $after: String, $around: ID) { room(id: $id) { leaderboard {
  standings(first: $first, after: $after, around: $around) { rank cursor score user { id } } } } }`
const REPORT = `mutation ($roomId: ID!, $scores: [ScoreInput!]!) {
  reportScores(roomId: $roomId, scores: $scores) { __typename } }`

interface Standing {
  readonly rank: number
  readonly cursor: string
  readonly score: number
  readonly user: { readonly id: string }
}

let all: Fixture & { readonly close: () => Promise<void> }
let id: string
let moving: string
beforeAll(async () => {
  all = await openFixture(engine)
  const room = `mutation { createRoom(input: { name: "Game", kind: TRADE, visibility: PUBLIC }) {
    ... on RoomPayload { room { id } } } }`
  id = textAt(await all.run(engine, room), 'createRoom', 'room', 'id')
  moving = textAt(await all.run(engine, room), 'createRoom', 'room', 'id')
  // Two by two they share a score.
  const scores = Array.from(
    { length: SIZE },
    (_, index) => [nameOf(index), 10_000 - Math.floor(index / 2)] as const,
  )
  for (const room of [id, moving]) await report(room, scores)
})
afterAll(() => all.close())

const nameOf = (index: number): string => `user ${index}`

function report(roomId: string, scores: readonly (readonly [string, number])[]): Promise<unknown> {
  return all.run(engine, REPORT, { roomId, scores: scores.map(([userId, score]) => ({ userId, score })) })
}

async function standings(args: object): Promise<readonly Standing[]> {
  const data = await all.run(null, RANKS, { id, ...args })
  return JSON.parse(JSON.stringify(data)).room.leaderboard.standings
}

const idsOf = (page: readonly Standing[]): readonly string[] => page.map(({ user }) => user.id)
const names = (from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => nameOf(from + index))

describe('the standings of a leaderboard', () => {
  test('are paged through all ranks, each user once', async () => {
    const seen: Standing[] = []
    for (let page = await standings({ first: 100 }); page.length > 0; ) {
      seen.push(...page)
      page = await standings({ first: 100, after: page.at(-1)?.cursor })
    }
    expect(idsOf(seen)).toEqual(names(0, SIZE))
    expect(seen.map(({ rank }) => rank)).toEqual(seen.map((_, index) => index - (index % 2) + 1))
  })

  test('are shown around a user, also at either end', async () => {
    expect(idsOf(await standings({ first: 5, around: nameOf(180) }))).toEqual(names(178, 5))
    expect(idsOf(await standings({ first: 5, around: nameOf(0) }))).toEqual(names(0, 5))
    expect(idsOf(await standings({ first: 5, around: nameOf(SIZE - 1) }))).toEqual(names(SIZE - 5, 5))
    expect(await standings({ around: 'nobody' })).toEqual([])
    expect(await standings({ around: nameOf(180) })).toHaveLength(20)
  })

  test('go on behind a place whose user has moved', async () => {
    const page = await standings({ first: 1, around: nameOf(120), id: moving })
    expect(idsOf(page)).toEqual([nameOf(120)])
    await report(moving, [[nameOf(120), 20_000]])
    const [next] = await standings({ first: 1, after: page[0]?.cursor, id: moving })
    expect(next?.user.id).toBe(nameOf(121))
  })

  test('refuse an invalid cursor, and two directions at once', async () => {
    const codeOf = (args: object) => all.codeOf(null, RANKS, { id, ...args })
    for (const after of ['', 'garbage', Buffer.from('standing.x.1.ann').toString('base64url')]) {
      expect(await codeOf({ after })).toBe('CURSOR_INVALID')
    }
    expect(await codeOf({ around: nameOf(1), after: 'x' })).toBe('BAD_USER_INPUT')
    expect(await codeOf({ around: nameOf(1), first: 101 })).toBe('BAD_USER_INPUT')
  })
})
