import { describe, expect, test } from 'vitest'
import {
  accepted,
  auction,
  entriesOf,
  exactly,
  played,
  refusal,
  standingOf,
  upTo,
} from './auction-fixtures.ts'

const START_500 = auction()
const RESERVE_5000 = auction({ reservePrice: 5000 })

describe('a reserve of 5000', () => {
  test('is bid up to at once by a maximum above it', () => {
    const result = accepted(RESERVE_5000, upTo('A', 6000))
    expect(result.outcome).toBe('LEADING')
    expect(result.state.standing.reserveMet).toBe(true)
    expect(entriesOf(result)).toEqual([
      ['BidPlaced', 'A', 5000],
      ['ReserveMet', 'A', 5000],
    ])
  })

  test('takes all of a maximum below it', () => {
    const result = accepted(RESERVE_5000, upTo('A', 4000))
    expect(result.outcome).toBe('LEADING_RESERVE_NOT_MET')
    expect(result.state.standing.reserveMet).toBe(false)
    expect(entriesOf(result)).toEqual([['BidPlaced', 'A', 4000]])
  })

  test('does not move a bid by hand', () => {
    const result = accepted(RESERVE_5000, exactly('A', 700))
    expect(standingOf(result.state)).toEqual(['A', 700])
    expect(result.outcome).toBe('LEADING_RESERVE_NOT_MET')
  })

  test('is met by a bid by hand at it', () => {
    const result = accepted(RESERVE_5000, exactly('A', 5000))
    expect(result.outcome).toBe('LEADING')
    expect(entriesOf(result).map(([type]) => type)).toEqual(['BidPlaced', 'ReserveMet'])
  })

  test('is announced once', () => {
    const met = played(RESERVE_5000, upTo('A', 6000))
    expect(entriesOf(accepted(met, upTo('B', 7000))).map(([type]) => type)).toEqual(['BidPlaced'])
  })

  test('shows no ReserveMet without a reserve, and counts as met', () => {
    expect(START_500.standing.reserveMet).toBe(true)
    expect(entriesOf(accepted(START_500, upTo('A', 6000)))).toEqual([['BidPlaced', 'A', 500]])
  })

  describe('with A at a maximum of 4000', () => {
    const led = played(RESERVE_5000, upTo('A', 4000))

    test('a raise to 4500 leaves the price at 4000', () => {
      const result = accepted(led, upTo('A', 4500))
      expect(result).toMatchObject({ outcome: 'MAXIMUM_RAISED', bidId: null })
      expect(standingOf(result.state)).toEqual(['A', 4000])
      expect(result.state.standing.reserveMet).toBe(false)
    })

    test.each([5000, 5200])('a raise to %i is a visible bid at 5000', (value) => {
      const result = accepted(led, upTo('A', value))
      expect(result).toMatchObject({ outcome: 'LEADING', bidId: 'bid_own' })
      expect(entriesOf(result)).toEqual([
        ['BidPlaced', 'A', 5000],
        ['ReserveMet', 'A', 5000],
      ])
      expect(result.state.leading?.maximum).toBe(value)
    })

    test('B with a maximum of 9000 leads at 5000', () => {
      expect(standingOf(played(led, upTo('B', 9000)))).toEqual(['B', 5000])
    })

    test('B with a maximum of 4150 leads at 4150 without meeting it', () => {
      const result = accepted(led, upTo('B', 4150))
      expect(standingOf(result.state)).toEqual(['B', 4150])
      expect(result.outcome).toBe('LEADING_RESERVE_NOT_MET')
    })

    test('after a raise to 4500, A answers a challenger with all of it', () => {
      const result = accepted(played(led, upTo('A', 4500)), upTo('B', 4200))
      expect(entriesOf(result)).toEqual([
        ['BidPlaced', 'B', 4200],
        ['BidPlaced', 'A', 4500],
      ])
      expect(result.outcome).toBe('OUTBID')
    })

    test('after a raise to 4500, A bids by hand at exactly 4200', () => {
      const result = accepted(played(led, upTo('A', 4500)), exactly('A', 4200))
      expect(standingOf(result.state)).toEqual(['A', 4200])
      expect(result.outcome).toBe('LEADING_RESERVE_NOT_MET')
      expect(result.state.leading?.maximum).toBe(4500)
    })
  })

  describe('with A at a maximum of 4990', () => {
    const led = played(RESERVE_5000, upTo('A', 4990))

    test('B with a maximum of 5010 is refused with the minimum 5090', () => {
      expect(refusal(led, upTo('B', 5010))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 5090 })
    })

    test('B with a maximum of 5090 leads at 5090', () => {
      expect(standingOf(played(led, upTo('B', 5090)))).toEqual(['B', 5090])
    })
  })
})
