import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPauses } from '../../../src/engine/kernel/backoff.ts'

describe('pauses', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  /** How long the pause that begins now lasts. */
  function lastsMs(pauses: ReturnType<typeof createPauses<string>>, key: string): number {
    pauses.begin(key)
    const start = performance.now()
    while (pauses.isPaused(key)) vi.advanceTimersByTime(100)
    return performance.now() - start
  }

  test('grow from a second to a minute, while it fails', () => {
    const pauses = createPauses<string>()
    const lengths = Array.from({ length: 8 }, () => lastsMs(pauses, 'a') / 1_000)
    expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  })

  test('begin small again after a success', () => {
    const pauses = createPauses<string>()
    for (let failure = 0; failure < 5; failure += 1) lastsMs(pauses, 'a')
    pauses.begin('a')
    pauses.clear('a')
    expect(pauses.isPaused('a')).toBe(false)
    expect(lastsMs(pauses, 'a')).toBe(1_000)
  })

  test('are each key’s own', () => {
    const pauses = createPauses<string>()
    for (let failure = 0; failure < 3; failure += 1) lastsMs(pauses, 'a')
    pauses.begin('a')
    expect(pauses.isPaused('b')).toBe(false)
    pauses.begin('b')
    expect(pauses.paused()).toEqual(['a', 'b'])
    vi.advanceTimersByTime(1_000)
    expect(pauses.paused()).toEqual(['a'])
  })
})
