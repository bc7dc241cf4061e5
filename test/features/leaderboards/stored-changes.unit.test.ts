import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amount } from '../../../src/engine/kernel/amount.ts'
import { asUserId, type UserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { changes } from '../../../src/features/leaderboards/rules/changes.ts'
import {
  inOrder,
  type Order,
  type RankingStep,
  reorder,
} from '../../../src/features/leaderboards/rules/order.ts'
import type { Score } from '../../../src/features/leaderboards/rules/standing.ts'
import {
  decodeChanges,
  dependencySpan,
  encodeChanges,
} from '../../../src/features/leaderboards/rules/stored-changes.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'

function score(who: number, value: number, reached: number): Score {
  const id = asUserId(`u${who}`)
  return { user: { id, name: `User ${who}` }, score: amount(value), reachedAt: instant(reached), reached }
}

/** One command: one or two users come to new scores, or one goes; somebody leads. */
interface Move {
  readonly who: number
  readonly value: number
  readonly answer: number | null
  readonly goes: boolean
  readonly leader: number
}

/** Commands on a ranking of `size` users, each a hundred apart; high ones push many down. */
const sales = fc.nat(130).chain((size) => {
  const who = fc.nat(size + 5)
  const move = fc.record({
    ...{ who, leader: who, value: fc.nat(size * 120 + 100) },
    answer: fc.option(who, { freq: 3 }),
    goes: fc.nat(20).map((one) => one === 0),
  })
  return fc.record({ size: fc.constant(size), moves: fc.array(move, { minLength: 1, maxLength: 60 }) })
})

function play(size: number, moves: readonly Move[]): readonly RankingStep[] {
  let before = inOrder(
    Array.from({ length: size }, (_, index) => score(index, (index + 1) * 100, index)),
    null,
  )
  return moves.map(({ who, value, answer, goes, leader }, index) => {
    const changed = new Map<UserId, Score | null>()
    const one = score(who, value, 1000 + index * 2)
    changed.set(one.user.id, goes ? null : one)
    if (answer !== null && answer !== who) {
      const other = score(answer, value + 1, 1001 + index * 2)
      changed.set(other.user.id, other)
    }
    const after = reorder(before, changed, asUserId(`u${leader}`))
    const step = { before, after, changed }
    before = after
    return step
  })
}

const idsOf = ({ scores }: Order): readonly string[] => scores.map(({ user }) => user.id)

describe('an order that is changed', PATIENTLY, () => {
  test('equals sorting everything again', () => {
    fc.assert(
      fc.property(sales, ({ size, moves }) => {
        for (const { after } of play(size, moves)) {
          expect(idsOf(after)).toEqual(idsOf(inOrder(after.scores.toReversed(), after.leader)))
        }
      }),
      runs(200),
    )
  })

  test('has each user once, with the latest score, and no removed users', () => {
    fc.assert(
      fc.property(sales, ({ size, moves }) => {
        const held = new Map<string, number>(
          Array.from({ length: size }, (_, index) => [`u${index}`, (index + 1) * 100] as const),
        )
        for (const { after, changed } of play(size, moves)) {
          for (const [id, now] of changed) {
            if (now === null) held.delete(id)
            else held.set(id, now.score)
          }
          const pairs = after.scores.map((each) => [each.user.id, each.score] as const)
          expect(pairs).toHaveLength(held.size)
          expect(new Map(pairs)).toEqual(held)
        }
      }),
      runs(200),
    )
  })
})

describe('the encoded of a batch', PATIENTLY, () => {
  test('decodes each command’s changes, wherever reading starts', () => {
    fc.assert(
      fc.property(sales, fc.nat(), ({ size, moves }, seed) => {
        const steps = play(size, moves)
        const encoded = encodeChanges(steps)
        const expected = steps.flatMap((step) => {
          const { scores, ranks, removed } = changes(step, 'ORDINAL')
          return [
            ...(scores.length + removed.length > 0
              ? [{ type: 'LeaderboardUpdated', standings: scores }]
              : []),
            ...(ranks.length > 0 ? [{ type: 'RankingChanged', standings: ranks }] : []),
          ]
        })
        const stored = JSON.parse(JSON.stringify(encoded.flat())) as ReturnType<typeof encodeChanges>[number]
        expect(stored.map(({ type }) => type)).toEqual(expected.map(({ type }) => type))
        expect(decodeChanges(stored)).toEqual(expected.map(({ standings }) => standings))
        const at = stored.length === 0 ? 0 : seed % stored.length
        const start = at - dependencySpan(stored.slice(at))
        expect(decodeChanges(stored.slice(start)).slice(at - start)).toEqual(
          expected.slice(at).map(({ standings }) => standings),
        )
      }),
      runs(200),
    )
  })

  test('is written in full if few users moved', () => {
    const [first, second] = encodeChanges(
      play(3, [
        { who: 0, value: 900, answer: null, goes: false, leader: 0 },
        { who: 1, value: 950, answer: null, goes: false, leader: 1 },
      ]),
    )
    expect([first, second].flat().every((told) => told !== undefined && 'standings' in told.data)).toBe(true)
  })

  test('costs a twentieth of its length where a hundred overtake each other', () => {
    const moves = Array.from({ length: 200 }, (_, index) => {
      return { who: index % 120, value: 20_000 + index, answer: null, goes: false, leader: index % 120 }
    })
    const steps = play(120, moves)
    const inFull = steps.map((step) => encodeChanges([step]))
    const size = (of: object): number => JSON.stringify(of).length
    expect(size(encodeChanges(steps)) * 20).toBeLessThan(size(inFull))
  })
})
