import { describe, expect, test } from 'vitest'
import { createQueryCosts, type QueryCosts } from '../../../src/platform/limits/query-costs.ts'

/** 100 units per second, 200 at once, by a clock of its own. */
function create(maxClients = 10): { readonly costs: QueryCosts; readonly pass: (ms: number) => void } {
  let now = 1_000
  const costs = createQueryCosts({ perSecond: 100, burst: 200, nowMs: () => now, maxClients })
  return {
    costs,
    pass: (ms) => {
      now += ms
    },
  }
}

describe('the cost that a client may spend', () => {
  test('is a burst at once, then the refill per second', () => {
    const { costs, pass } = create()
    expect([costs.take('ann', 150), costs.take('ann', 50)]).toEqual([0, 0])
    expect(costs.take('ann', 30)).toBe(300)
    pass(299)
    expect(costs.take('ann', 30)).toBe(1)
    pass(1)
    expect(costs.take('ann', 30)).toBe(0)
    expect(costs.take('ann', 1)).toBe(10)
  })

  test('is not spent by refused operations', () => {
    const { costs } = create()
    expect(costs.take('ann', 190)).toBe(0)
    for (let each = 0; each < 100; each += 1) expect(costs.take('ann', 20)).toBe(100)
    expect(costs.take('ann', 10)).toBe(0)
  })

  test('does not grow beyond a burst', () => {
    const { costs, pass } = create()
    pass(3_600_000)
    expect(costs.take('ann', 200)).toBe(0)
    expect(costs.take('ann', 1)).toBe(10)
  })

  test('is each client’s own', () => {
    const { costs } = create()
    expect(costs.take('ann', 200)).toBe(0)
    expect(costs.take('bob', 200)).toBe(0)
  })

  test('allows an operation above the burst if the bucket is full', () => {
    const { costs } = create()
    expect(costs.take('ann', 10_000)).toBe(0)
    expect(costs.take('ann', 1)).toBe(10)
  })

  test('is forgotten of those who asked longest ago, when there are too many', () => {
    const { costs } = create(2)
    for (const client of ['ann', 'bob', 'eve']) costs.take(client, 200)
    expect(costs.take('eve', 200)).toBe(2_000)
    expect(costs.take('ann', 200)).toBe(0)
  })
})
