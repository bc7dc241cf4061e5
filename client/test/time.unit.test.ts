import { describe, expect, test, vi } from 'vitest'
import { backoffMs } from '../src/backoff.ts'
import { createServerClock } from '../src/clock.ts'
import { expiryOf, subjectOf } from '../src/token.ts'

describe('The wait before another attempt', () => {
  test('is bounded by what doubles, up to 20 seconds', () => {
    const latest = [0, 1, 2, 3, 5, 6, 1_000].map((attempt) => backoffMs(attempt, () => 1))
    expect(latest).toEqual([500, 1_000, 2_000, 4_000, 16_000, 20_000, 20_000])
  })

  test('is anything below: clients that lost one node come one after another', () => {
    expect(backoffMs(4, () => 0)).toBe(50)
    expect(backoffMs(4, () => 0.5)).toBe(4_025)
  })
})

describe('The server’s clock', () => {
  test('is this device’s until the server was heard', () => {
    const clock = createServerClock(() => 1_000)
    expect([clock.now(), clock.offsetMs]).toEqual([1_000, 0])
  })

  test('is taken to have said its time half way', () => {
    const here = vi.fn(() => 1_100)
    const clock = createServerClock(here)
    clock.hear(61_050, 1_000)
    expect(clock.offsetMs).toBe(60_000)
    here.mockReturnValue(2_000)
    expect(clock.now()).toBe(62_000)
  })

  test('is believed from the fastest answer, until that is old', () => {
    const here = vi.fn(() => 1_010)
    const clock = createServerClock(here)
    clock.hear(5_005, 1_000)
    here.mockReturnValue(2_400)
    clock.hear(9_999, 2_000)
    expect(clock.offsetMs).toBe(4_000)
    here.mockReturnValue(10_000_000)
    clock.hear(10_003_900, 9_999_800)
    expect(clock.offsetMs).toBe(4_000)
  })
})

describe('When a token expires', () => {
  const token = (claims: object): string =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

  test('is read from it', () => {
    expect(expiryOf(token({ exp: 1_700_000_000.5, name: 'Grüße ~~>>??' }))).toBe(1_700_000_000_500)
  })

  test('comes with whose it is', () => {
    expect(subjectOf(token({ sub: 'zoë' }))).toBe('zoë')
    expect(subjectOf(token({ sub: 7 }))).toBeUndefined()
  })

  test.each([['no token'], ['a.b'], [token({})], [token({ exp: 'soon' })]])('is not known of %s', (text) => {
    expect(expiryOf(text)).toBeUndefined()
  })
})
