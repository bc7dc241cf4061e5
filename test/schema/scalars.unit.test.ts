import { type GraphQLLeafType, isLeafType, parseValue } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createFullSchema } from '../support/schema.ts'

const schema = createFullSchema()

function scalar(name: string): GraphQLLeafType {
  const type = schema.getType(name)
  if (!isLeafType(type)) throw new Error(`${name} is no scalar`)
  return type
}

const ofVariable = (name: string, value: unknown): unknown => scalar(name).parseValue(value)
const ofLiteral = (name: string, text: string): unknown =>
  scalar(name).parseLiteral(parseValue(text), undefined)
const shown = (name: string, value: unknown): unknown => scalar(name).serialize(value)

describe('DateTime', () => {
  const at = Date.UTC(2026, 10, 20, 9, 30)

  test.each([
    ['2026-11-20T09:30:00.000Z', at],
    ['2026-11-20T09:30:00Z', at],
    ['2026-11-20t09:30:00z', at],
    ['2026-11-20T11:30:00+02:00', at],
    ['2026-11-20T04:00:00-05:30', at],
    ['2026-11-20T09:30:00.1Z', at + 100],
    ['2026-11-20T09:30:00.123999999Z', at + 123],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
    ['1000-01-01T00:00:00Z', Date.UTC(1000, 0, 1)],
  ])('reads %s', (text, ms) => {
    expect(ofVariable('DateTime', text)).toBe(ms)
    expect(ofLiteral('DateTime', JSON.stringify(text))).toBe(ms)
  })

  test.each([
    '2026-11-20',
    '2026-11-20 09:30:00Z',
    '2026-11-20T09:30:00',
    '2026-11-20T09:30Z',
    '2026-13-20T09:30:00Z',
    '2026-00-20T09:30:00Z',
    '2026-02-29T09:30:00Z',
    '2026-11-31T09:30:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T09:60:00Z',
    '2026-11-20T09:30:60Z',
    '2026-11-20T09:30:00+24:00',
    '2026-11-20T09:30:00+0200',
    '2026-11-20T09:30:00.Z',
    '0999-12-31T23:59:59Z',
    '9999-12-31T23:59:59-01:00',
    '20 November 2026',
    '',
    1_795_167_000_000,
    null,
  ])('refuses %j', (value) => {
    expect(() => ofVariable('DateTime', value)).toThrow('DateTime must be an RFC 3339 string')
    expect(() => ofLiteral('DateTime', JSON.stringify(value))).toThrow('DateTime must be')
  })

  test('is shown in UTC with milliseconds', () => {
    expect(shown('DateTime', at)).toBe('2026-11-20T09:30:00.000Z')
  })
})

describe('Amount', () => {
  test.each([0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('reads and shows %d', (value) => {
    expect(ofVariable('Amount', value)).toBe(value)
    expect(ofLiteral('Amount', String(value))).toBe(value)
    expect(shown('Amount', value)).toBe(value)
  })

  test.each([1.5, 2 ** 53, -(2 ** 53), '5', true, null, Number.NaN])('refuses %s', (value) => {
    expect(() => ofVariable('Amount', value)).toThrow('Amount must be a whole number')
  })

  test.each(['1.5', '1.0', '9007199254740992', '"5"', 'FIVE'])('refuses the literal %s', (text) => {
    expect(() => ofLiteral('Amount', text)).toThrow('Amount must be a whole number')
  })

  test('has one zero', () => {
    expect(ofVariable('Amount', -0)).toBe(0)
  })

  test('shows nothing that is none', () => {
    expect(() => shown('Amount', 0.5)).toThrow('Amount must be a whole number')
  })
})

describe('Cursor', () => {
  test('passes any text on: whether it is a cursor depends on the topic', () => {
    expect(ofVariable('Cursor', 'whatever')).toBe('whatever')
    expect(ofLiteral('Cursor', '"whatever"')).toBe('whatever')
  })

  test.each([5, true, {}])('refuses %j', (value) => {
    expect(() => ofVariable('Cursor', value)).toThrow('Cursor must be a string')
  })
})

describe('JSON', () => {
  test.each([null, 1, 'text', [1, { a: [true] }], { a: { b: null } }])('reads %j', (value) => {
    expect(ofVariable('JSON', value)).toEqual(value)
  })

  test('reads a literal', () => {
    expect(ofLiteral('JSON', '{ a: [1, "two", null, { b: true }] }')).toEqual({
      a: [1, 'two', null, { b: true }],
    })
  })

  test('takes 16 KiB and refuses a byte more', () => {
    const full = 'x'.repeat(16 * 1024 - 2)
    expect(ofVariable('JSON', full)).toBe(full)
    expect(() => ofVariable('JSON', `${full}x`)).toThrow('JSON must be at most 16 KiB')
    expect(() => ofVariable('JSON', 'é'.repeat(9_000))).toThrow('JSON must be at most 16 KiB')
  })

  test('takes 100 levels and refuses one more, and what nests too deep to be written', () => {
    const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
    expect(ofVariable('JSON', nested(100))).toEqual(nested(100))
    for (const levels of [101, 100_000]) {
      expect(() => ofVariable('JSON', nested(levels))).toThrow('JSON must nest at most 100 levels')
    }
  })
})
