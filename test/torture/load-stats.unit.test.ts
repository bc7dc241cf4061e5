import { describe, expect, test } from 'vitest'
import type { Attempt } from './attempts.ts'
import { faultsOfLoads, type Loads, rateOf } from './load-stats.ts'

function attempt(kind: Attempt['kind'], change: Partial<Attempt> = {}, beganMs = 0): Attempt {
  const attempted = {
    key: '',
    topic: '',
    effect: '',
    attempts: 1,
    answers: [],
    beganMs,
    endedMs: beganMs + 10,
  }
  return { kind, tookMs: 10, attempted, ...change }
}

const BOUNDS = { goodput: 0.9, refusalMs: 100, latency: 2 }
const REFUSED = attempt('failed', { code: 'OVERLOADED', retryAfterMs: 200 })

function sound(change: Partial<Loads> = {}): Loads {
  const over = [attempt('accepted'), REFUSED, REFUSED]
  return { peak: [attempt('accepted')], peakRate: 100, over, overRate: 95, ...change }
}

const faultsOf = (change: Partial<Loads>): readonly string[] => faultsOfLoads(sound(change), BOUNDS)

describe('A node past its capacity', () => {
  test('is right where it accepts what it can and refuses the rest with a pause', () => {
    expect(faultsOf({})).toEqual([])
  })

  test('is wrong where it says that its database is away, or says nothing', () => {
    const falsely = attempt('failed', { code: 'UNAVAILABLE' })

    expect(faultsOf({ over: [falsely, attempt('unanswered')] })).toEqual([
      'Past its capacity a node answered failed UNAVAILABLE 1, unanswered 1.',
    ])
  })

  test('is wrong where a refusal does not say when to retry, or takes long', () => {
    const vague = attempt('failed', { code: 'OVERLOADED' })

    expect(faultsOf({ over: [vague] })).toEqual(['1 refusals do not say when to retry.'])
    expect(faultsOf({ over: [{ ...REFUSED, tookMs: 101 }] })).toEqual(['A refusal takes 101 ms.'])
  })

  test('is wrong where it accepts less than at its peak, or later', () => {
    expect(faultsOf({ overRate: 89 })).toHaveLength(1)
    expect(faultsOf({ over: [attempt('accepted', { tookMs: 21 })] })).toEqual([
      'An accepted command takes 21 ms, and 10 ms at the peak.',
    ])
  })

  test('is measured by what it accepted while the load was at its level', () => {
    const early = attempt('accepted', {}, 0)
    const counted = [1_500, 2_000].map((beganMs) => attempt('accepted', {}, beganMs))
    const late = attempt('accepted', {}, 2_495)

    expect(rateOf([early, ...counted, late, REFUSED], 2_500)).toBe(2)
  })
})
