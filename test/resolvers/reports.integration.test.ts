import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fixture, openFixture, textAt, viewer } from './fixtures.ts'

const engine = viewer('engine', 'SERVICE')
const REPORT = 'cursor stale'
const REFUSED = '... on Rejected { code field }'
const SCORES = `mutation ($roomId: ID!, $scores: [ScoreInput!]!, $reportedAt: DateTime, $key: String) {
  report: reportScores(roomId: $roomId, scores: $scores, reportedAt: $reportedAt, idempotencyKey: $key) {
    ... on LeaderboardPayload { ${REPORT} leaderboard { standings { score user { id } } } } ${REFUSED} } }`
const STATUS = `mutation ($input: ReportStatusInput!) { report: reportStatus(input: $input) {
  ... on StatusPayload { ${REPORT} status { state progress } } ${REFUSED} } }`
const POSITION = `mutation ($input: ReportPositionInput!) { report: reportPosition(input: $input) {
  ... on PositionPayload { ${REPORT} position { quantity } } ${REFUSED} } }`
const PORTFOLIO = `mutation ($input: ReportPortfolioInput!) { report: reportPortfolio(input: $input) {
  ... on PortfolioPayload { ${REPORT} portfolio { cash } } ${REFUSED} } }`
const ORDER = `mutation ($input: ReportOrderInput!) { report: reportOrder(input: $input) {
  ... on OrderPayload { order { status filledQuantity } } ${REFUSED} } }`

let all: Fixture & { readonly close: () => Promise<void> }
beforeAll(async () => {
  all = await openFixture(engine)
})
afterAll(() => all.close())

const minute = (minutes: number): string => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString()

interface More {
  readonly reportedAt?: string
  readonly key?: string
}

/** What a report was answered with, and what it left behind; `stale` undefined where it was refused. */
interface Answer {
  readonly value?: unknown
  readonly stale?: unknown
  readonly cursor?: unknown
  readonly code?: unknown
  readonly field?: unknown
}

/** Reports `value` of one subject. */
type Report = (value: number, more?: More) => Promise<Answer>

/** The answer of whichever mutation it was. */
interface Reported {
  readonly leaderboard: { readonly standings: readonly { readonly score: number }[] }
  readonly status: { readonly state: string }
  readonly position: { readonly quantity: number }
  readonly portfolio: { readonly cash: number }
}

function answerOf(data: unknown, read: (report: Reported) => unknown): Answer {
  const { report } = JSON.parse(JSON.stringify(data))
  return 'code' in report ? report : { value: read(report), stale: report.stale, cursor: report.cursor }
}

async function openRoom(): Promise<string> {
  const room = await all.run(
    engine,
    'mutation { createRoom(input: { name: "Game", kind: TRADE, visibility: PUBLIC }) { ... on RoomPayload { room { id } } } }',
  )
  return textAt(room, 'createRoom', 'room', 'id')
}

const input = ({ reportedAt, key }: More): object => ({ reportedAt, idempotencyKey: key })

const SUBJECTS: readonly (readonly [string, () => Promise<Report>])[] = [
  [
    'reportScores',
    async () => {
      const roomId = await openRoom()
      return async (value, { reportedAt, key } = {}) => {
        const scores = [{ userId: 'ann', score: value }]
        const data = await all.run(engine, SCORES, { roomId, scores, reportedAt, key })
        return answerOf(data, ({ leaderboard }) => leaderboard.standings[0]?.score)
      }
    },
  ],
  [
    'reportStatus',
    async () => {
      const subjectId = await openRoom()
      return async (value, more = {}) => {
        const status = { kind: 'UPLOAD', subjectId, state: `at ${value}`, progress: 0.5, ...input(more) }
        const data = await all.run(engine, STATUS, { input: status })
        return answerOf(data, ({ status }) => Number(status.state.slice(3)))
      }
    },
  ],
  [
    'reportPosition',
    async () => {
      const roomId = await openRoom()
      return async (value, more = {}) => {
        const position = { roomId, userId: 'ann', symbol: 'ACME', quantity: value, ...input(more) }
        const data = await all.run(engine, POSITION, { input: position })
        return answerOf(data, ({ position }) => position.quantity)
      }
    },
  ],
  [
    'reportPortfolio',
    async () => {
      const roomId = await openRoom()
      return async (value, more = {}) => {
        const portfolio = { roomId, userId: 'ann', cash: value, equity: 1, ...input(more) }
        const data = await all.run(engine, PORTFOLIO, { input: portfolio })
        return answerOf(data, ({ portfolio }) => portfolio.cash)
      }
    },
  ],
]

describe.each(SUBJECTS)('%s', (_name, open) => {
  test('that is older than the latest changes nothing and answers with the current state', async () => {
    const report = await open()
    expect(await report(10, { reportedAt: minute(1) })).toMatchObject({ value: 10, stale: false })
    const latest = await report(20, { reportedAt: minute(3) })
    expect(latest).toMatchObject({ value: 20, stale: false })
    expect(await report(10, { reportedAt: minute(1) })).toEqual({ ...latest, stale: true })
    expect(await report(15, { reportedAt: minute(2) })).toEqual({ ...latest, stale: true })
    expect(await report(30, { reportedAt: minute(4) })).toMatchObject({ value: 30, stale: false })
  })

  test('of the same moment replaces: the order of arrival counts', async () => {
    const report = await open()
    await report(10, { reportedAt: minute(1) })
    expect(await report(20, { reportedAt: minute(1) })).toMatchObject({ value: 20, stale: false })
  })

  test('that repeats the latest state later counts as the latest, without an entry', async () => {
    const report = await open()
    const first = await report(10, { reportedAt: minute(1) })
    expect(await report(10, { reportedAt: minute(5) })).toEqual(first)
    expect(await report(20, { reportedAt: minute(3) })).toEqual({ ...first, stale: true })
  })

  test('without a time is of its arrival', async () => {
    const report = await open()
    await report(10)
    expect(await report(20)).toMatchObject({ value: 20, stale: false })
    expect(await report(10)).toMatchObject({ value: 10, stale: false })
    expect(await report(30, { reportedAt: minute(1) })).toMatchObject({ value: 10, stale: true })
    const later = new Date(Date.now() + 60_000).toISOString()
    expect(await report(40, { reportedAt: later })).toMatchObject({ value: 40, stale: false })
    expect(await report(50)).toMatchObject({ value: 50, stale: false })
  })

  test('with a key is answered as before, whatever was reported since', async () => {
    const report = await open()
    const key = `key ${Math.random()}`
    const first = await report(10, { key })
    await report(20)
    expect(await report(10, { key })).toEqual({ ...first, value: 20 })
    expect(await report(20)).toMatchObject({ value: 20 })
    expect(await report(11, { key })).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      field: 'idempotencyKey',
    })
    const moved = { key, reportedAt: minute(9) }
    expect(await report(10, moved)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('with a key that changed nothing keeps the key', async () => {
    const report = await open()
    const [repeat, old] = [`key ${Math.random()}`, `key ${Math.random()}`]
    await report(10, { reportedAt: minute(5) })
    await report(10, { key: repeat })
    expect(await report(3, { key: old, reportedAt: minute(1) })).toMatchObject({ value: 10, stale: true })
    expect(await report(11, { key: repeat })).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    expect(await report(4, { key: old, reportedAt: minute(1) })).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
    await report(20)
    expect(await report(10, { key: repeat })).toMatchObject({ value: 20, stale: false })
    expect(await report(3, { key: old, reportedAt: minute(1) })).toMatchObject({ value: 20, stale: true })
  })
})

test('each user of a report of scores is a subject of its own', async () => {
  const roomId = await openRoom()
  const report = (scores: Readonly<Record<string, number>>, minutes: number): Promise<unknown> => {
    const list = Object.entries(scores).map(([userId, score]) => ({ userId, score }))
    return all.run(engine, SCORES, { roomId, scores: list, reportedAt: minute(minutes) })
  }
  await report({ ann: 10 }, 5)
  expect(await report({ ann: 99, bob: 7 }, 4)).toMatchObject({
    report: {
      stale: true,
      leaderboard: {
        standings: [
          { score: 10, user: { id: 'ann' } },
          { score: 7, user: { id: 'bob' } },
        ],
      },
    },
  })
})

describe('a room that has ended', () => {
  test('takes no scores and no orders but late fills; positions and portfolios may still be settled', async () => {
    const roomId = await openRoom()
    const order = (executionId: string, executionType: string, more: object = {}): Promise<unknown> => {
      const fixed = { roomId, orderId: 'o1', userId: 'ann', symbol: 'ACME', side: 'BUY', type: 'MARKET' }
      return all.run(engine, ORDER, {
        input: { ...fixed, executionId, executionType, quantity: 100, ...more },
      })
    }
    const scores = { roomId, scores: [{ userId: 'ann', score: 1 }], key: 'before the end' }
    await order('e1', 'NEW')
    await all.run(engine, SCORES, scores)
    await all.run(engine, `mutation { endRoom(roomId: "${roomId}") { __typename } }`)

    expect(await all.run(engine, SCORES, { ...scores, key: null })).toMatchObject({
      report: { code: 'INVALID_TRANSITION' },
    })
    expect(await all.run(engine, SCORES, scores)).toMatchObject({ report: { stale: false } })
    for (const type of ['NEW', 'REPLACED', 'CANCELED', 'EXPIRED', 'REJECTED']) {
      expect(await order(`late ${type}`, type)).toMatchObject({ report: { code: 'INVALID_TRANSITION' } })
    }
    expect(await order('e1', 'NEW')).toMatchObject({ report: { order: { status: 'NEW' } } })
    expect(await order('e2', 'TRADE', { lastQuantity: 40, lastPrice: 5 })).toMatchObject({
      report: { order: { filledQuantity: 40 } },
    })
    const stated = { roomId, userId: 'ann', symbol: 'ACME', quantity: 0 }
    expect(await all.run(engine, POSITION, { input: stated })).toMatchObject({ report: { stale: false } })
    const snapshot = `mutation { createLeaderboardSnapshot(roomId: "${roomId}") { ... on LeaderboardPayload { stale } } }`
    expect(await all.run(engine, snapshot)).toEqual({ createLeaderboardSnapshot: { stale: false } })
  })
})
