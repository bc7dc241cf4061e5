import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amount } from '../../../src/engine/kernel/amount.ts'
import { asUserId, type UserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import {
  ANNOUNCED_RANKS,
  changes,
  type RankingChanges,
} from '../../../src/features/leaderboards/rules/changes.ts'
import { inOrder } from '../../../src/features/leaderboards/rules/order.ts'
import { rank } from '../../../src/features/leaderboards/rules/rank.ts'
import type { Ranked, Score, Standing } from '../../../src/features/leaderboards/rules/standing.ts'
import type { RankingMethod } from '../../../src/features/rooms/rules/room.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'

const METHODS: readonly RankingMethod[] = ['STANDARD', 'DENSE', 'ORDINAL']

function score(id: string, value: number, reached = 0): Score {
  return {
    user: { id: asUserId(id), name: id.toUpperCase() },
    score: amount(value),
    reachedAt: instant(reached),
    reached,
  }
}

/** In the order given, each got there after those before. */
function scores(values: readonly number[]): readonly Score[] {
  return values.map((value, index) => score(`u${index}`, value, index))
}

function ranking(of: readonly Score[], method: RankingMethod = 'ORDINAL', leader = ''): readonly Ranked[] {
  return rank(inOrder(of, asUserId(leader)).scores, method)
}

/** What became of `before`; who leads `after` among equals. */
function told(
  before: readonly Score[],
  after: readonly Score[],
  method: RankingMethod = 'ORDINAL',
  leader = '',
): RankingChanges {
  const changed = new Map<UserId, Score | null>(before.map(({ user }) => [user.id, null]))
  const held = new Map(before.map(({ user, score }) => [user.id, score]))
  for (const score of after) {
    if (held.get(score.user.id) === score.score) changed.delete(score.user.id)
    else changed.set(score.user.id, score)
  }
  const step = { before: inOrder(before, null), after: inOrder(after, asUserId(leader)), changed }
  return changes(step, method)
}

const ranksOf = (of: readonly Ranked[]): readonly number[] => of.map(({ rank }) => rank)
const idsOf = (of: readonly Ranked[]): readonly string[] => of.map(({ score }) => score.user.id)
const lineOf = ({ rank, user, score, previousRank }: Standing): string =>
  `${rank} ${user.id} ${score}, was ${previousRank}`

/** Between 0 and 300 users with few scores, so that many are equal; some leader. */
const boards = fc
  .uniqueArray(
    fc.record({ id: fc.integer({ min: 0, max: 400 }), value: fc.nat(60), reached: fc.nat(10_000) }),
    { selector: ({ id }) => id, maxLength: 300, size: 'max' },
  )
  .map((rows) => rows.map(({ id, value, reached }) => score(`u${id}`, value, reached * 1000 + id)))

describe('ranking 9, 8, 8, 7', () => {
  test.for([
    { method: 'STANDARD', ranks: [1, 2, 2, 4] },
    { method: 'DENSE', ranks: [1, 2, 2, 3] },
    { method: 'ORDINAL', ranks: [1, 2, 3, 4] },
  ] as const)('by $method gives $ranks', ({ method, ranks }) => {
    expect(ranksOf(ranking(scores([8, 9, 7, 8]), method))).toEqual(ranks)
  })

  test('puts who got there first before an equal', () => {
    expect(idsOf(ranking(scores([8, 9, 7, 8])))).toEqual(['u1', 'u0', 'u3', 'u2'])
  })

  test('puts a standing leader first among equals, and nowhere else', () => {
    expect(idsOf(ranking(scores([8, 9, 7, 8]), 'ORDINAL', 'u3'))).toEqual(['u1', 'u3', 'u0', 'u2'])
    expect(idsOf(ranking(scores([8, 9, 7, 8]), 'ORDINAL', 'u2'))).toEqual(['u1', 'u0', 'u3', 'u2'])
  })
})

describe('any ranking', PATIENTLY, () => {
  test('ranks by better users (STANDARD), better scores (DENSE) or place (ORDINAL)', () => {
    fc.assert(
      fc.property(boards, (board) => {
        const better = (value: number) => board.filter((each) => each.score > value).map((each) => each.score)
        for (const { rank, score } of ranking(board, 'STANDARD'))
          expect(rank).toBe(better(score.score).length + 1)
        for (const { rank, score } of ranking(board, 'DENSE'))
          expect(rank).toBe(new Set(better(score.score)).size + 1)
        expect(ranksOf(ranking(board))).toEqual(board.map((_, index) => index + 1))
      }),
      runs(100),
    )
  })

  test('is ordered by score, then leader, then time of reaching it', () => {
    fc.assert(
      fc.property(boards, fc.nat(400), (board, who) => {
        const ids = idsOf(ranking(board, 'ORDINAL', `u${who}`))
        const places = new Map(ids.map((id, index) => [id, index]))
        const placeOf = (of: Score) => places.get(of.user.id) ?? -1
        for (const one of board) {
          for (const other of board.slice(0, 20)) {
            if (one === other) continue
            const isLeader = one.user.id === `u${who}`
            const isBefore =
              one.score > other.score ||
              (one.score === other.score &&
                (isLeader || (one.reached < other.reached && other.user.id !== `u${who}`)))
            expect(placeOf(one) < placeOf(other)).toBe(isBefore)
          }
        }
      }),
      runs(20),
    )
  })
})

describe('the changes of a ranking', () => {
  test('name new users, without a previous rank', () => {
    const { scores, ranks } = told([], [score('ann', 500)])
    expect(scores.map(lineOf)).toEqual(['1 ann 500, was null'])
    expect(ranks).toEqual(scores)
  })

  test('name of scores who changed it, of ranks also whom that moved', () => {
    const before = [score('ann', 9, 1), score('bob', 8, 2), score('cid', 7, 3)]
    const { scores, ranks } = told(before, [score('ann', 9, 1), score('bob', 8, 2), score('cid', 10, 4)])
    expect(scores.map(lineOf)).toEqual(['1 cid 10, was 3'])
    expect(ranks.map(lineOf)).toEqual(['1 cid 10, was 3', '2 ann 9, was 1', '3 bob 8, was 2'])
  })

  test('have no rank changes if nobody was overtaken', () => {
    const before = [score('ann', 9, 1), score('bob', 8, 2)]
    const { scores, ranks } = told(before, [score('ann', 20, 3), score('bob', 8, 2)])
    expect(scores.map(lineOf)).toEqual(['1 ann 20, was 1'])
    expect(ranks).toEqual([])
  })

  test('have ranks without scores where only the leader changed', () => {
    const equal = [score('ann', 9, 1), score('bob', 9, 2)]
    const { scores, ranks } = told(equal, equal, 'ORDINAL', 'bob')
    expect(scores).toEqual([])
    expect(ranks.map(lineOf)).toEqual(['1 bob 9, was 2', '2 ann 9, was 1'])
  })

  test('name those who left, and do not rank them', () => {
    const before = [score('ann', 9, 1), score('bob', 8, 2), score('cid', 7, 3)]
    const { scores, ranks, removed } = told(before, [score('bob', 8, 2), score('cid', 7, 3)])
    expect(removed).toEqual(['ann'])
    expect(scores).toEqual([])
    expect(ranks.map(lineOf)).toEqual(['1 bob 8, was 2', '2 cid 7, was 3'])
  })

  test('are silent about ranks from 101 on, but not about who falls to there', () => {
    const hundred = Array.from({ length: 102 }, (_, index) => score(`u${index}`, 1000 - index, index))
    const withLast = (value: number) =>
      hundred.map((each) => (each.user.id === 'u101' ? score('u101', value, 0) : each))
    const lower = told(hundred, withLast(900))
    expect(lower.scores.map(lineOf)).toEqual(['101 u101 900, was 102'])
    expect(lower.ranks).toEqual([])
    const last = told(hundred, withLast(901))
    expect(last.ranks.map(lineOf)).toEqual(['100 u101 901, was 102', '101 u99 901, was 100'])
  })

  test('name users who reached the same score again', () => {
    const again = score('ann', 9, 3)
    const step = {
      before: inOrder([score('ann', 9, 1)], null),
      after: inOrder([again], null),
      changed: new Map([[again.user.id, again]]),
    }
    expect(changes(step, 'ORDINAL').scores.map(({ reachedAt }) => reachedAt)).toEqual([3])
  })

  test('name users who enter the first hundred places, even at the same rank', () => {
    const before = Array.from({ length: 102 }, (_, index) =>
      score(`u${index}`, 1000 - Math.min(index, 50), index),
    )
    const after = before.map((each) => (each.user.id === 'u98' ? score('u98', 1, 9000) : each))
    expect(told(before, after, 'DENSE').ranks.map(lineOf)).toEqual([
      '51 u100 950, was 51',
      '52 u98 1, was 51',
    ])
  })

  test('name at most a thousand users if thousands share a rank', () => {
    const equal = Array.from({ length: 3000 }, (_, index) => score(`u${index}`, 1, index))
    const better = equal.map((each) => (each.user.id === 'u2999' ? score('u2999', 2, 9000) : each))
    const { scores, ranks } = told(equal, better, 'STANDARD')
    expect(scores.map(lineOf)).toEqual(['1 u2999 2, was 1'])
    expect(ranks).toHaveLength(1000)
    expect(ranks.map(lineOf).slice(0, 2)).toEqual(['2 u0 1, was 1', '2 u1 1, was 1'])
  })

  test('put over what was held, by user, give what is', PATIENTLY, () => {
    const worth = (of: readonly Ranked[]) =>
      of
        .filter(({ rank }) => rank <= ANNOUNCED_RANKS)
        .map(({ rank, score }) => `${rank} ${score.user.id} ${score.score}`)
    fc.assert(
      fc.property(boards, boards, fc.constantFrom(...METHODS), (one, other, method) => {
        const before = ranking(one, method)
        const after = ranking(other, method)
        const held = new Map(before.map(({ rank, score }) => [score.user.id, { rank, score: score.score }]))
        const { scores, ranks, removed } = told(one, other, method)
        for (const id of removed) held.delete(id)
        for (const { user, rank, score } of [...scores, ...ranks]) held.set(user.id, { rank, score })
        const present = new Set(idsOf(after))
        const lines = [...held]
          .filter(([id, { rank }]) => present.has(id) && rank <= ANNOUNCED_RANKS)
          .map(([id, { rank, score }]) => `${rank} ${id} ${score}`)
        expect(lines.toSorted()).toEqual(worth(after).toSorted())
        expect([...held.keys()].filter((id) => !present.has(asUserId(id)))).toEqual([])
      }),
      runs(100),
    )
  })
})
