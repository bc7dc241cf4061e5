import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { asTopic, idOf, type Topic } from '../../../src/engine/kernel/topic.ts'
import { createScheduler, type SchedulerOptions } from '../../../src/engine/processes/scheduler.ts'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'

/** A scheduler for which both topics are always due; `pass` is called for each command. */
function given(pass: (id: string) => Promise<unknown>): readonly unknown[] {
  const faults: unknown[] = []
  const rows = [
    { topic: asTopic('auction:bad'), wait: 0 },
    { topic: asTopic('room:good'), wait: 0 },
  ]
  const options = {
    database: { execute: async () => ({ rows }) },
    passDeadline: (topic: Topic) => pass(idOf(topic)),
    onFault: (topic: unknown) => faults.push(topic),
  }
  const scheduler = createScheduler(options as unknown as SchedulerOptions)
  onTestFinished(() => scheduler.close())
  return faults
}

describe('a topic that cannot be passed', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  test('is left alone longer each time, and the others are not', async () => {
    let passed = 0
    const faults = given(async (id) => {
      if (id === 'bad') throw new Error('a broken row')
      passed += 1
    })
    await vi.advanceTimersByTimeAsync(60_000)
    // After 0, 1, 3, 7, 15 and 31 s, each at the next look.
    expect(faults).toEqual(Array.from({ length: 6 }, () => 'auction:bad'))
    expect(passed).toBeGreaterThan(100)
  })

  test('because the database is unreachable is retried at every query', async () => {
    const faults = given(async () => {
      throw new DatabaseUnavailable()
    })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(faults.length).toBeGreaterThan(30)
  })
})
