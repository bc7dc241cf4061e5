import { describe, expect, test } from 'vitest'
import { type Currency, decimalOf, formatMoney, parseMoney } from '../src/money.ts'

const of = (currency: string, currencyExponent: number): Currency => ({ currency, currencyExponent })
/** What people read, with every space alike. */
const shown = (amount: number, currency: Currency): string =>
  formatMoney(amount, currency).replace(/\s/gu, ' ')

describe('Money for people to read', () => {
  test.for([
    [200_000, of('HUF', 2), '2,000.00'],
    [3_249_193, of('RSD', 2), '32,491.93'],
    [1500, of('KWD', 3), '1.500'],
    [1050, of('EUR', 2), '10.50'],
    [1050, of('JPY', 0), '1,050'],
    [7, of('POINTS', 0), '7 POINTS'],
    [123_456, of('COINS', 4), '12.3456 COINS'],
    [1, of('SATS', 8), '0.00000001 SATS'],
    [9_007_199_254_740_991, of('EUR', 2), '90,071,992,547,409.91'],
  ] as const)('shows %i of %o with %s', ([amount, currency, text]) => {
    expect(shown(amount, currency)).toContain(text)
  })

  test('never throws, whatever a permitted code', () => {
    for (const code of ['COINS', 'USDT', 'US1', 'A12', 'XYZ', 'ABCDEFGH', 'BTC', 'XXX', 'EUR']) {
      expect(shown(1234, of(code, 2))).toContain('12.34')
    }
  })

  test('tells two exponents of one code apart', () => {
    expect(shown(1234, of('GEM', 0))).toContain('1,234')
    expect(shown(1234, of('GEM', 2))).toContain('12.34')
  })
})

describe('Money as people type it', () => {
  test.for([
    ['2000', of('HUF', 2), 200_000],
    ['1.5', of('KWD', 3), 1500],
    ['.5', of('EUR', 2), 50],
    ['10.', of('EUR', 2), 1000],
    [' 7 ', of('POINTS', 0), 7],
    ['1.10', of('EUR', 2), 110],
    ['12.30', of('GEM', 1), 123],
    ['0.00000001', of('SATS', 8), 1],
    ['90071992547409.91', of('EUR', 2), 9_007_199_254_740_991],
  ] as const)('%s of %o is %i minor units', ([typed, currency, amount]) => {
    expect(parseMoney(typed, currency)).toBe(amount)
  })

  test.for(['', '.', 'ten', '-1', '1,5', '1e3', '0.005', '90071992547409.92'])(
    '%s is no amount of EUR',
    (typed) => {
      expect(parseMoney(typed, of('EUR', 2))).toBeUndefined()
    },
  )

  test('comes back from the text of a number field', () => {
    for (const exponent of [0, 2, 3, 8]) {
      const currency = of('COINS', exponent)
      for (const amount of [0, 1, 99, 123_456, Number.MAX_SAFE_INTEGER]) {
        expect(parseMoney(decimalOf(amount, currency), currency)).toBe(amount)
      }
    }
  })
})
