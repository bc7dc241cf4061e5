import { describe, expect, test } from 'vitest'
import { offeredBuyNow } from '../../../src/features/auctions/rules/offered.ts'
import {
  accepted,
  applyDue,
  at,
  auction,
  buy,
  cancel,
  control,
  entriesOf,
  exactly,
  MINUTE_MS,
  person,
  played,
  refusal,
  scheduled,
  standingOf,
  typesOf,
  upTo,
} from './auction-fixtures.ts'

const LIVE = auction()

describe('buying now', () => {
  const offered = auction({ buyNowPrice: 900 })
  const reserved = auction({ reservePrice: 5000, buyNowPrice: 6500 })

  test('sells at once at the price', () => {
    const result = accepted(offered, buy('A', 900))
    expect(result).toMatchObject({ outcome: 'BOUGHT_NOW', bidId: 'bid_own' })
    expect(entriesOf(result)).toEqual([
      ['BidPlaced', 'A', 900],
      ['AuctionSold', 'A', 900],
    ])
    expect(result.events[1]).toMatchObject({ bid: { kind: 'BUY_NOW', amount: 900 } })
    expect(result.state.standing).toMatchObject({ phase: 'SOLD', winner: { user: person('A'), price: 900 } })
    expect(result.state.leading?.maximum).toBe(900)
  })

  test('at another price is PRICE_CHANGED', () => {
    expect(refusal(offered, buy('A', 899))).toEqual({ code: 'PRICE_CHANGED' })
    expect(refusal(offered, buy('A', 901))).toEqual({ code: 'PRICE_CHANGED' })
  })

  test('is BUY_NOW_UNAVAILABLE if the auction has no buy-now price', () => {
    expect(offeredBuyNow(LIVE)).toBeNull()
    expect(refusal(LIVE, buy('A', 900))).toEqual({ code: 'BUY_NOW_UNAVAILABLE' })
  })

  test('disappears at the first bid', () => {
    const state = played(offered, exactly('A', 500))
    expect([offeredBuyNow(offered), offeredBuyNow(state)]).toEqual([900, null])
    expect(refusal(state, buy('B', 900))).toEqual({ code: 'BUY_NOW_UNAVAILABLE' })
  })

  test('with a reserve stays until the price reaches it', () => {
    const below = played(reserved, upTo('A', 4999))
    const reached = played(below, exactly('B', 5099))
    expect([offeredBuyNow(below), offeredBuyNow(reached)]).toEqual([6500, null])
    expect(refusal(reached, buy('C', 6500))).toEqual({ code: 'BUY_NOW_UNAVAILABLE' })
  })

  test('takes the auction from a leader and meets the reserve', () => {
    const result = accepted(played(reserved, upTo('A', 4000)), buy('B', 6500))
    expect(entriesOf(result)).toEqual([
      ['BidPlaced', 'B', 6500],
      ['ReserveMet', 'B', 6500],
      ['AuctionSold', 'B', 6500],
    ])
    expect(result.state.standing.bidderCount).toBe(2)
  })

  test('is open to the leader, too', () => {
    const result = accepted(played(reserved, upTo('A', 4000)), buy('A', 6500))
    expect(standingOf(result.state)).toEqual(['A', 6500])
  })

  test('is shown before the start and in a pause, and not when the auction is over', () => {
    const paused = played(offered, control('pause'))
    expect([scheduled({ buyNowPrice: 900 }), paused].map(offeredBuyNow)).toEqual([900, 900])
    const over = [played(offered, cancel('Withdrawn.')), played(offered, applyDue(at('15:00')))]
    expect(over.map(offeredBuyNow)).toEqual([null, null])
  })

  test('extends nothing', () => {
    const softClose = { windowMs: 10 * MINUTE_MS, extensionMs: 10 * MINUTE_MS, capMs: 60 * MINUTE_MS }
    const soft = auction({ buyNowPrice: 900, softClose })
    expect(typesOf(soft, buy('A', 900, at('14:59')))).toEqual(['BidPlaced', 'AuctionSold'])
  })
})
