import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStallDetector } from '../../../src/platform/health/event-loop-stall.ts'

let clock = 0
const heard: number[] = []

beforeEach(() => {
  vi.useFakeTimers()
  clock = 1_800_000_000_000
  heard.length = 0
})

afterEach(() => {
  vi.useRealTimers()
})

function watched() {
  const stallDetector = createStallDetector(() => clock)
  stallDetector.onStall((ms) => void heard.push(ms))
  return stallDetector
}

test('a running process with pauses of seconds is not stalled', () => {
  const stallDetector = watched()
  for (let second = 0; second < 60; second += 1) {
    clock += 1_000
    vi.advanceTimersByTime(1_000)
  }
  clock += 4_900
  stallDetector.look()

  expect(heard).toEqual([])
})

test('a stopped process is notified once, before its timers fire', () => {
  const stallDetector = watched()
  clock += 60_000
  stallDetector.look()
  vi.advanceTimersByTime(1_000)

  expect(heard).toEqual([60_000])
})

test('a process without messages is notified by a timer', () => {
  watched()
  clock += 60_000
  vi.advanceTimersByTime(1_000)

  expect(heard).toEqual([60_000])
})

test('a closed detector no longer checks', () => {
  const stallDetector = watched()
  stallDetector.close()
  clock += 60_000
  vi.advanceTimersByTime(10_000)

  expect(heard).toEqual([])
})
