import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHistogram } from '../../../src/engine/kernel/histogram.ts'

describe('a histogram', () => {
  test('counts a value below the first bound that it does not exceed', () => {
    const histogram = createHistogram([1, 2, 5])
    for (const value of [0, 1, 1.5, 2, 5, 6, 100]) histogram.add(value)
    expect(histogram.counts).toEqual([2, 2, 1, 2])
    expect(histogram.sum).toBe(115.5)
  })

  test('has nothing in it at first', () => {
    expect(createHistogram([1])).toMatchObject({ bounds: [1], counts: [0, 0], sum: 0 })
  })

  test('counts every value, once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -10, max: 1_000 })), (values) => {
        const histogram = createHistogram([0, 10, 100])
        for (const value of values) histogram.add(value)
        expect(histogram.counts).toEqual([
          values.filter((value) => value <= 0).length,
          values.filter((value) => value > 0 && value <= 10).length,
          values.filter((value) => value > 10 && value <= 100).length,
          values.filter((value) => value > 100).length,
        ])
        expect(histogram.sum).toBe(values.reduce((sum, value) => sum + value, 0))
      }),
    )
  })
})
