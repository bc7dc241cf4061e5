import { describe, expect, test } from 'vitest'
import { chooseExponent, exponentIn, formatAmount, isoExponent } from '../../../src/engine/kernel/currency.ts'

describe('the exponent of a currency', () => {
  // Those that CLDR, and so `Intl`, shows with fewer digits than ISO 4217 gives them.
  test.for([
    ['HUF', 2],
    ['COP', 2],
    ['IDR', 2],
    ['PKR', 2],
    ['RSD', 2],
    ['ALL', 2],
    ['LBP', 2],
    ['AFN', 2],
    ['IRR', 2],
    ['LAK', 2],
    ['MMK', 2],
    ['IQD', 3],
    ['MGA', 2],
    ['MRU', 2],
    ['EUR', 2],
    ['XCG', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['ISK', 0],
    ['KWD', 3],
    ['TND', 3],
    ['CLF', 4],
    ['UYW', 4],
  ] as const)('of %s is %i, as ISO 4217 says', ([currency, exponent]) => {
    expect(isoExponent(currency)).toBe(exponent)
    expect(exponentIn({ currency })).toBe(exponent)
  })

  test.for(['POINTS', 'COINS', 'USDT', 'XYZ', 'US1', 'toString', '__proto__'])(
    '%s has none in ISO 4217',
    (code) => {
      expect(isoExponent(code)).toBeUndefined()
      expect(exponentIn({ currency: code })).toBe(0)
    },
  )

  test('that was recorded stays, whatever the table says', () => {
    expect(exponentIn({ currency: 'EUR', currencyExponent: 3 })).toBe(3)
    expect(exponentIn({ currency: 'POINTS', currencyExponent: 2 })).toBe(2)
  })
})

describe('choosing an exponent', () => {
  test('takes that of the first use, and refuses another', () => {
    expect(chooseExponent('SATS', undefined, 8)).toEqual({ kind: 'exponent', exponent: 8 })
    expect(chooseExponent('SATS', 8, 8)).toEqual({ kind: 'exponent', exponent: 8 })
    expect(chooseExponent('SATS', 0, 8)).toMatchObject({
      kind: 'fault',
      reason: expect.stringContaining('8'),
    })
  })

  test('follows ISO 4217 where it knows the code', () => {
    expect(chooseExponent('HUF', undefined)).toEqual({ kind: 'exponent', exponent: 2 })
    expect(chooseExponent('HUF', 2)).toEqual({ kind: 'exponent', exponent: 2 })
    expect(chooseExponent('HUF', 0).kind).toBe('fault')
    expect(chooseExponent('JPY', 2).kind).toBe('fault')
  })

  test('is free from 0 to 8 for other codes', () => {
    expect(chooseExponent('POINTS', undefined)).toEqual({ kind: 'exponent', exponent: 0 })
    expect(chooseExponent('SATS', 8)).toEqual({ kind: 'exponent', exponent: 8 })
    for (const asked of [-1, 9, 1.5, Number.NaN]) expect(chooseExponent('POINTS', asked).kind).toBe('fault')
  })
})

describe('an amount in words', () => {
  test.for([
    [200_000, { currency: 'HUF' }, '2000.00 HUF'],
    [1500, { currency: 'KWD' }, '1.500 KWD'],
    [7, { currency: 'POINTS' }, '7 POINTS'],
    [1050, { currency: 'EUR' }, '10.50 EUR'],
    [5, { currency: 'EUR' }, '0.05 EUR'],
    [-5, { currency: 'EUR' }, '-0.05 EUR'],
    [1050, { currency: 'JPY' }, '1050 JPY'],
    [1, { currency: 'SATS', currencyExponent: 8 }, '0.00000001 SATS'],
    [9_007_199_254_740_991, { currency: 'EUR' }, '90071992547409.91 EUR'],
  ] as const)('shows %i of %o as %s', ([value, terms, text]) => {
    expect(formatAmount(value, terms)).toBe(text)
  })
})
