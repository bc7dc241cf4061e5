import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Reported } from '../../../src/engine/commands/report.ts'
import { amount } from '../../../src/engine/kernel/amount.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { inOrder, type Order } from '../../../src/features/leaderboards/rules/order.ts'
import { decideScores, type ScoresEvent } from '../../../src/features/leaderboards/rules/scores.ts'
import type { RankingMethod } from '../../../src/features/rooms/rules/room.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'
import { roomWith, service } from '../rooms/room.fixture.ts'

type Report = readonly (readonly [id: string, score: number])[]

const reports = fc.array(
  fc.uniqueArray(
    fc.tuple(
      fc.nat(150).map((who) => `u${who}`),
      fc.integer({ min: -5, max: 30 }),
    ),
    {
      selector: ([id]) => id,
      minLength: 1,
      maxLength: 60,
      size: 'max',
    },
  ),
  { minLength: 1, maxLength: 12 },
)
const methods = fc.constantFrom<RankingMethod>('STANDARD', 'DENSE', 'ORDINAL')

function events(
  order: Order,
  report: Report,
  method: RankingMethod,
): readonly Exclude<ScoresEvent, Reported>[] {
  const scores = report.map(([id, score]) => ({ user: { id: asUserId(id), name: id }, score: amount(score) }))
  const room = roomWith({ kind: 'TRADE', ranking: method })
  const context = { actor: service, now: instant(1), room, order, times: new Map() }
  const decision = decideScores({ kind: 'report', scores }, context)
  if (decision.kind !== 'accepted') throw new Error(JSON.stringify(decision))
  return decision.events.filter((event) => event.type !== 'Reported')
}

/** The board as a list of who has what since when, and the rank by counting. */
function naive(all: readonly Report[], method: RankingMethod): readonly string[] {
  const held = new Map<string, { readonly score: number; readonly since: number }>()
  let moment = 0
  for (const [id, score] of all.flat()) {
    moment += 1
    if (held.get(id)?.score !== score) held.set(id, { score, since: moment })
  }
  const rows = [...held].toSorted(([, a], [, b]) => b.score - a.score || a.since - b.since)
  return rows.map(([id, { score }], index) => {
    const better = rows.filter(([, other]) => other.score > score).map(([, other]) => other.score)
    const rank =
      method === 'ORDINAL' ? index + 1 : (method === 'DENSE' ? new Set(better).size : better.length) + 1
    return `${rank} ${id} ${score}`
  })
}

describe('any reports of scores', PATIENTLY, () => {
  test('give the board that counting gives, as do the entries for a reader', () => {
    fc.assert(
      fc.property(reports, methods, (all, method) => {
        let order: Order = inOrder([], null)
        const told = new Map<string, string>()
        for (const [index, report] of all.entries()) {
          for (const event of events(order, report, method)) {
            if (event.type === 'LeaderboardUpdated') order = event.after
            for (const [rank, , score, , id] of event.standings) told.set(id, `${rank} ${id} ${score}`)
          }
          const expected = naive(all.slice(0, index + 1), method)
          expect(order.scores.map(({ user: { id } }) => id)).toEqual(
            expected.map((line) => line.split(' ')[1]),
          )
          const top = expected.filter((line) => Number(line.split(' ')[0]) <= 100)
          for (const line of top) expect(told.get(line.split(' ')[1] ?? '')).toBe(line)
        }
      }),
      runs(150),
    )
  })

  test('that are repeated change nothing', () => {
    fc.assert(
      fc.property(reports, methods, ([report = []], method) => {
        const [first] = events(inOrder([], null), report, method)
        const order = first?.type === 'LeaderboardUpdated' ? first.after : inOrder([], null)
        expect(events(order, report, method)).toEqual([])
      }),
      runs(100),
    )
  })
})
