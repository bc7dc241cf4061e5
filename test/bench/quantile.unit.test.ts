import { describe, expect, test } from 'vitest'
import { bucketsOf, quantileOf, slopeOf } from '../../bench/run/quantile.ts'

const ANSWER = `# TYPE delay_seconds histogram
delay_seconds_bucket{le="0.01"} 50
delay_seconds_bucket{le="0.1"} 100
delay_seconds_bucket{le="+Inf"} 100
delay_seconds_sum 3
other_seconds_bucket{le="0.01"} 7
`

describe('a histogram of Prometheus', () => {
  test('is added up over the nodes that were asked', () => {
    const buckets = bucketsOf('delay_seconds', [ANSWER, ANSWER])
    expect([...buckets]).toEqual([
      [0.01, 100],
      [0.1, 200],
      [Number.POSITIVE_INFINITY, 200],
    ])
  })

  test('has its quantiles where values that lie evenly have them', () => {
    const buckets = bucketsOf('delay_seconds', [ANSWER])
    expect(quantileOf(buckets, 0.25)).toBeCloseTo(0.005)
    expect(quantileOf(buckets, 0.75)).toBeCloseTo(0.055)
  })

  test('has none above its last bound, nor of nothing', () => {
    expect(
      quantileOf(new Map([[1, 5] as const, [Number.POSITIVE_INFINITY, 10] as const]), 0.9),
    ).toBeUndefined()
    expect(quantileOf(new Map(), 0.5)).toBeUndefined()
  })
})

describe('the slope of a line', () => {
  test('is what y gains where x gains one', () => {
    expect(
      slopeOf([
        [1, 110],
        [4, 140],
        [16, 260],
      ]),
    ).toBeCloseTo(10)
  })
})
