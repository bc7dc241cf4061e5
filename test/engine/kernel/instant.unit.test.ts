import { describe, expect, test } from 'vitest'
import { FAR_FUTURE, formatInstant, instant, later, yearsLater } from '../../../src/engine/kernel/instant.ts'
import { isTooFarAhead } from '../../../src/features/rooms/rules/quota.ts'

const on = (text: string) => instant(Date.parse(text))

describe('a computed instant', () => {
  test('stays within what DateTime can express', () => {
    expect(later(FAR_FUTURE, 1)).toBe(FAR_FUTURE)
    expect(later(later(FAR_FUTURE, -5), 10)).toBe(FAR_FUTURE)
    expect(formatInstant(later(FAR_FUTURE, Number.MAX_SAFE_INTEGER))).toBe('9999-12-31T23:59:59.999Z')
    expect(yearsLater(FAR_FUTURE, 1)).toBe(FAR_FUTURE)
  })

  test.each([
    ['2026-11-30T10:00:00.001Z', '2036-11-30T10:00:00.001Z'],
    ['2028-02-29T10:00:00.000Z', '2038-03-01T10:00:00.000Z'],
  ])('ten years after %s is %s', (start, end) => {
    expect(yearsLater(on(start), 10)).toBe(on(end))
  })
})

describe('a time of a client', () => {
  const now = on('2026-11-30T10:00:00.000Z')

  test('may lie ten years ahead and no further', () => {
    expect(isTooFarAhead(on('2036-11-30T10:00:00.000Z'), now)).toBe(false)
    expect(isTooFarAhead(on('2036-11-30T10:00:00.001Z'), now)).toBe(true)
    expect(isTooFarAhead(FAR_FUTURE, now)).toBe(true)
    expect(isTooFarAhead(null, now)).toBe(false)
  })
})
