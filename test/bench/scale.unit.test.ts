import { describe, expect, test } from 'vitest'
import { COSTS } from '../../bench/scale/costs.ts'
import { simulateFailover, simulateNode } from '../../bench/scale/node.ts'
import { busyCores, planFor } from '../../bench/scale/plan.ts'
import { deliveriesOf, entriesOf, eveningOf, nodesHearing, noticesOf } from '../../bench/scale/workload.ts'
import { createRandom } from '../support/random.ts'

describe('an evening', () => {
  test('of a million connections has so many rooms, entries and deliveries', () => {
    const load = eveningOf(1_000_000)
    expect(entriesOf(load)).toBeCloseTo(9_900 * 0.2 + 20)
    expect(deliveriesOf(load)).toBeCloseTo(9_900 * 0.2 * 100 + 20 * 10_000)
  })

  test('is heard by one node a room, or by as many as its members can be on', () => {
    expect(nodesHearing(100, 50, 'by room')).toBe(1)
    expect(nodesHearing(100, 1, 'anywhere')).toBe(1)
    expect(nodesHearing(1, 50, 'anywhere')).toBeCloseTo(1)
    expect(nodesHearing(100, 50, 'anywhere')).toBeCloseTo(50 * (1 - 0.98 ** 100))
    expect(noticesOf(eveningOf(1_000_000), 20, 'by room')).toBeCloseTo(1_980 + 20 * 20)
  })
})

describe('a plan', () => {
  test.each([10_000, 100_000, 1_000_000, 10_000_000])('for %i leaves each node half of its core', (size) => {
    for (const placement of ['anywhere', 'by room'] as const) {
      const plan = planFor(eveningOf(size), COSTS, placement)
      expect(plan?.nodes).toBeGreaterThanOrEqual(3)
      expect(plan?.utilisation).toBeLessThanOrEqual(0.5)
      expect(size / (plan?.nodes ?? 0)).toBeLessThanOrEqual(50_000)
    }
  })

  test('needs more nodes where each hears what others hear', () => {
    const load = eveningOf(10_000_000)
    const [spread, together] = [planFor(load, COSTS, 'anywhere'), planFor(load, COSTS, 'by room')]
    expect(spread?.nodes).toBeGreaterThan(together?.nodes ?? 0)
    expect(busyCores(load, COSTS, 100, 'anywhere')).toBeGreaterThan(busyCores(load, COSTS, 100, 'by room'))
  })

  test('is not made where no number of nodes will do', () => {
    const dear = { ...COSTS, notice: 1e9 }
    expect(planFor(eveningOf(100_000), dear, 'anywhere')).toBeUndefined()
  })
})

describe('a simulated node', () => {
  const load = eveningOf(100_000)

  test('is the later the more it has to do, and the same for the same seed', () => {
    const simulate = (nodes: number) => simulateNode(load, COSTS, nodes, 'by room', createRandom(1))
    expect(simulate(3)).toEqual(simulate(3))
    const [many, few] = [simulate(20), simulate(2)]
    expect(few.p99).toBeGreaterThan(many.p99)
    expect(many.p50).toBeLessThanOrEqual(many.p99)
    expect(many.p99).toBeLessThanOrEqual(many.max)
  })

  test('takes over its part of a dead one as fast as it can let connections in', () => {
    const { moved, restored, lateness } = simulateFailover(load, COSTS, 3, 'by room', createRandom(1))
    expect(moved).toBe(Math.round(100_000 / 3 / 2))
    const leastMs = (moved * COSTS.connect) / 1_000
    expect(restored).toBeGreaterThan(leastMs)
    expect(restored).toBeLessThan(2 * leastMs + 2_500)
    expect(lateness.p99).toBeGreaterThan(0)
  })
})
