import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { countdown, dayOf, timeOf, timeOfDay } from '../../web/src/time.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describe('A time on the live page', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date(2026, 10, 30, 23, 30) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const today = new Date(2026, 10, 30, 0, 5).toISOString()
  const tomorrow = new Date(2026, 11, 1, 0, 5).toISOString()
  const nextYear = new Date(2027, 10, 30, 23, 30).toISOString()

  test('has no day if it is today', () => {
    expect(timeOf(today)).not.toMatch(/2026|30/)
    expect(timeOf(today)).toBe(timeOfDay(today))
    expect(dayOf(today)).toBeUndefined()
  })

  test.each([
    ['tomorrow, half an hour from now', tomorrow, 2026],
    ['the same day of another year', nextYear, 2027],
  ])('has the day if it is %s', (_, instant, year) => {
    expect(timeOf(instant)).toContain(String(year))
    expect(timeOf(instant)).toContain(timeOfDay(instant))
    expect(dayOf(instant)).toContain(String(year))
  })

  test('has seconds only on request', () => {
    const instant = new Date(2026, 10, 30, 12, 34, 56).toISOString()
    expect(timeOf(instant)).not.toContain('56')
    expect(timeOf(instant, true)).toContain('34:56')
  })
})

describe('The countdown', () => {
  test.each([
    [0, '0:00'],
    [9 * SECOND_MS, '0:09'],
    [8_001, '0:09'],
    [9 * 60 * SECOND_MS + 5 * SECOND_MS, '9:05'],
    [HOUR_MS, '1:00:00'],
    [DAY_MS - SECOND_MS, '23:59:59'],
    [DAY_MS, '1 d 0 h'],
    [3 * DAY_MS + 5 * HOUR_MS + 59 * SECOND_MS, '3 d 5 h'],
  ])('shows %i ms as %s', (leftMs, text) => {
    expect(countdown(leftMs)).toBe(text)
  })
})
