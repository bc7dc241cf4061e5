import { describe, expect, test } from 'vitest'
import {
  accepted,
  at,
  auction,
  control,
  entriesOf,
  exactly,
  MINUTE_MS,
  played,
  typesOf,
  upTo,
} from './auction-fixtures.ts'

describe('a soft close of three minutes, at most ten past the end', () => {
  const softClose = { windowMs: 3 * MINUTE_MS, extensionMs: 3 * MINUTE_MS, capMs: 10 * MINUTE_MS }
  const soft = auction({ softClose })
  const extended = played(soft, exactly('A', 500, at('14:58')))

  test('moves the end to 15:01 for a bid at 14:58', () => {
    expect(accepted(soft, exactly('A', 500, at('14:58'))).events.at(-1)).toEqual({
      type: 'AuctionExtended',
      previousEndsAt: at('15:00'),
      endsAt: at('15:01'),
    })
    expect(extended.standing).toMatchObject({ endsAt: at('15:01'), extensionCount: 1 })
  })

  test('moves the end to 15:03:30 for a bid at 15:00:30 in the extended time', () => {
    const again = played(extended, exactly('B', 550, at('15:00:30')))
    expect(again.standing).toMatchObject({ endsAt: at('15:03:30'), extensionCount: 2 })
  })

  test('leaves the end for a bid with the whole window left', () => {
    expect(played(soft, exactly('A', 500, at('14:57'))).standing.endsAt).toBe(at('15:00'))
    expect(played(soft, exactly('A', 500, at('14:57:00.001'))).standing.endsAt).toBe(at('15:00:00.001'))
  })

  test('stops at the cap, where bids extend no more', () => {
    const times = ['14:59', '15:01', '15:03', '15:05', '15:07', '15:09']
    const bids = times.map((time, index) => exactly(index % 2 === 0 ? 'A' : 'B', 500 + 50 * index, at(time)))
    const capped = played(soft, ...bids)
    expect(capped.standing).toMatchObject({ endsAt: at('15:10'), extensionCount: 5 })
    expect(typesOf(capped, exactly('C', 900, at('15:09:59')))).toEqual(['BidPlaced'])
  })

  test('moves its cap by the pauses', () => {
    const resumed = played(soft, control('pause', at('14:30')), control('resume', at('14:40')))
    const bids = [0, 1, 2, 3, 4, 5].map((index) =>
      exactly(
        index % 2 === 0 ? 'A' : 'B',
        500 + 50 * index,
        at(`15:${String(9 + 2 * index).padStart(2, '0')}`),
      ),
    )
    expect(played(resumed, ...bids).standing.endsAt).toBe(at('15:20'))
  })

  test('is not moved by a maximum raised unseen', () => {
    const led = played(soft, upTo('A', 1500))
    expect(accepted(led, upTo('A', 2000, at('14:59'))).state.standing.endsAt).toBe(at('15:00'))
  })

  test('is moved once by a command with two visible bids, after ReserveMet where both come', () => {
    const led = played(soft, upTo('A', 1500))
    expect(typesOf(led, upTo('B', 1000, at('14:59')))).toEqual(['BidPlaced', 'BidPlaced', 'AuctionExtended'])
    const reserved = auction({ softClose, reservePrice: 1000 })
    expect(entriesOf(accepted(reserved, upTo('A', 1500, at('14:59'))))).toEqual([
      ['BidPlaced', 'A', 1000],
      ['ReserveMet', 'A', 1000],
      ['AuctionExtended', 'A', 1000],
    ])
  })

  test('is moved by a raise that first meets the reserve', () => {
    const led = played(auction({ softClose, reservePrice: 1000 }), upTo('A', 900))
    expect(typesOf(led, upTo('A', 1200, at('14:59')))).toEqual(['BidPlaced', 'ReserveMet', 'AuctionExtended'])
  })
})

describe('a soft close with a window of 300 s and an extension of 120 s', () => {
  test('leaves the end for a bid with 200 s left', () => {
    const softClose = { windowMs: 300_000, extensionMs: 120_000, capMs: 600_000 }
    expect(typesOf(auction({ softClose }), exactly('A', 500, at('14:56:40')))).toEqual(['BidPlaced'])
  })
})
