import { describe, expect, test } from 'vitest'
import { createSelectionBudget } from '../../src/limits/selection-budget.ts'

describe('The budget for running selections', () => {
  test('charges a selection once, however many subscriptions of the client share it', () => {
    const budget = createSelectionBudget<string>(10)
    for (let each = 0; each < 50; each += 1) expect(budget.charge('ann', 'same', 10)).toBeDefined()
    expect(budget.charge('ann', 'other', 1)).toBeUndefined()
    expect(budget.charge('ben', 'other', 10)).toBeDefined()
  })

  test('is free again when the last subscription to a selection has ended', () => {
    const budget = createSelectionBudget<string>(10)
    const releases = [budget.charge('ann', 'one', 6), budget.charge('ann', 'one', 6)]
    expect(budget.charge('ann', 'two', 6)).toBeUndefined()
    releases[0]?.()
    // Twice is once.
    releases[0]?.()
    expect(budget.charge('ann', 'two', 6)).toBeUndefined()
    releases[1]?.()
    expect(budget.size).toBe(0)
    expect(budget.charge('ann', 'two', 6)).toBeDefined()
  })
})
