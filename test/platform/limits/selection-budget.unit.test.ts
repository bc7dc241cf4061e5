import { describe, expect, test } from 'vitest'
import { createSelectionBudget } from '../../../src/platform/limits/selection-budget.ts'

const open = () => createSelectionBudget<string>({ maxTopicCost: 10, maxTotalCost: 25 })

describe('The budget for running selections', () => {
  test('charges a selection once, however many subscriptions of the client share it', () => {
    const budget = open()
    for (let each = 0; each < 50; each += 1) {
      expect(budget.charge('ann', { topic: 'room', key: 'same', cost: 10 })).toBeDefined()
    }
    expect(budget.charge('ann', { topic: 'room', key: 'other', cost: 1 })).toBeUndefined()
    expect(budget.charge('ben', { topic: 'room', key: 'other', cost: 10 })).toBeDefined()
  })

  test('bounds the selections of one topic, and in total those of all topics', () => {
    const budget = open()
    expect(budget.charge('ann', { topic: 'one', key: 'a', cost: 10 })).toBeDefined()
    expect(budget.charge('ann', { topic: 'one', key: 'b', cost: 1 })).toBeUndefined()
    expect(budget.charge('ann', { topic: 'two', key: 'a', cost: 10 })).toBeDefined()
    expect(budget.charge('ann', { topic: 'three', key: 'a', cost: 6 })).toBeUndefined()
    expect(budget.charge('ann', { topic: 'three', key: 'a', cost: 5 })).toBeDefined()
  })

  test('is free again when the last subscription to a selection has ended', () => {
    const budget = open()
    const one = { topic: 'room', key: 'one', cost: 6 }
    const two = { topic: 'room', key: 'two', cost: 6 }
    const releases = [budget.charge('ann', one), budget.charge('ann', one)]
    expect(budget.charge('ann', two)).toBeUndefined()
    releases[0]?.()
    // Twice is once.
    releases[0]?.()
    expect(budget.charge('ann', two)).toBeUndefined()
    releases[1]?.()
    expect(budget.size).toBe(0)
    for (const topic of ['a', 'b', 'c', 'd']) expect(budget.charge('ann', { ...two, topic })).toBeDefined()
  })

  test('keeps nothing of a client whose only selection was refused', () => {
    const budget = open()
    expect(budget.charge('ann', { topic: 'room', key: 'one', cost: 11 })).toBeUndefined()
    expect(budget.size).toBe(0)
  })
})
