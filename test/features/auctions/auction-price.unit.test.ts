import { describe, expect, test } from 'vitest'
import { amount } from '../../../src/engine/kernel/amount.ts'
import { incrementAt } from '../../../src/features/auctions/rules/increments.ts'
import { minimumBid } from '../../../src/features/auctions/rules/offered.ts'
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

describe('increments', () => {
  test.each([
    [1, 5],
    [99, 5],
    [100, 25],
    [499, 25],
    [500, 50],
    [2_499, 50],
    [2_500, 100],
    [9_999, 100],
    [10_000, 250],
    [25_000, 500],
    [50_000, 1_000],
    [100_000, 2_500],
    [250_000, 5_000],
    [500_000, 10_000],
    [9_000_000, 10_000],
  ])('at %i the default step is %i', (price, step) => {
    expect(incrementAt(START_500.terms, amount(price))).toBe(step)
  })

  test('below the first band its step applies', () => {
    const increments = [
      { from: amount(1000), step: amount(70) },
      { from: amount(2000), step: amount(90) },
    ]
    expect([1, 999, 1000, 1999, 2000].map((price) => incrementAt({ increments }, amount(price)))).toEqual([
      70, 70, 70, 70, 90,
    ])
  })

  test.each([
    [1495, 1545],
    [12_750, 13_000],
    [20_000, 20_250],
  ])('at %i the next bid is at least %i', (price, least) => {
    const state = played(auction({ startingPrice: 1 }), exactly('A', price))
    expect(minimumBid(state)).toBe(least)
    expect(refusal(state, exactly('B', least - 1))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: least })
    expect(standingOf(played(state, exactly('B', least)))).toEqual(['B', least])
  })

  test('a bid above the least need not be a multiple of the step', () => {
    expect(standingOf(played(START_500, exactly('A', 500), exactly('B', 563)))).toEqual(['B', 563])
  })

  test('an auction at the largest amount still has a least bid', () => {
    const state = played(START_500, exactly('A', Number.MAX_SAFE_INTEGER))
    expect(minimumBid(state)).toBe(Number.MAX_SAFE_INTEGER)
  })
})

describe('the first bid', () => {
  test('is at least the starting price', () => {
    expect(minimumBid(START_500)).toBe(500)
    expect(refusal(START_500, exactly('A', 499))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 500 })
    expect(refusal(START_500, upTo('A', 499))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 500 })
    expect(standingOf(played(START_500, exactly('A', 500)))).toEqual(['A', 500])
  })

  test('by a proxy is at the starting price', () => {
    const first = accepted(START_500, upTo('A', 1500))
    expect(standingOf(first.state)).toEqual(['A', 500])
    expect(first.outcome).toBe('LEADING')
  })

  test('by hand is at exactly its amount', () => {
    expect(standingOf(played(START_500, exactly('A', 700)))).toEqual(['A', 700])
  })
})

describe('a challenger of A, whose maximum is 1500', () => {
  const led = played(START_500, upTo('A', 1500))

  test.each([
    ['maximum 1000', upTo('B', 1000), 'A', 1050, 'OUTBID'],
    ['maximum 1480', upTo('B', 1480), 'A', 1500, 'OUTBID'],
    ['maximum 1500, too late for the tie', upTo('B', 1500), 'A', 1500, 'OUTBID'],
    ['maximum 1520, less than a full step above', upTo('B', 1520), 'B', 1520, 'LEADING'],
    ['maximum 1600', upTo('B', 1600), 'B', 1550, 'LEADING'],
    ['amount 1000', exactly('B', 1000), 'A', 1050, 'OUTBID'],
    ['amount 1500, too late for the tie', exactly('B', 1500), 'A', 1500, 'OUTBID'],
    ['amount 2000', exactly('B', 2000), 'B', 2000, 'LEADING'],
  ])('with %s', (_, challenge, leader, price, outcome) => {
    const result = accepted(led, challenge)
    expect(standingOf(result.state)).toEqual([leader, price])
    expect(result.outcome).toBe(outcome)
  })

  test('who took over by hand at 2000 yields to a maximum of 2100 at 2050', () => {
    expect(standingOf(played(led, exactly('B', 2000), upTo('C', 2100)))).toEqual(['C', 2050])
  })

  test('is answered one step up where the step is that of the own offer', () => {
    const richer = played(auction({ startingPrice: 2000 }), upTo('A', 9000))
    expect(standingOf(played(richer, upTo('B', 2499)))).toEqual(['A', 2549])
    expect(standingOf(played(richer, upTo('B', 2500)))).toEqual(['A', 2600])
  })

  test('below the least is refused, by hand and by proxy', () => {
    expect(refusal(led, exactly('B', 549))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 550 })
    expect(refusal(led, upTo('B', 549))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 550 })
  })
})

describe('bids by hand', () => {
  test('after 700, 720 is refused with the minimum 750', () => {
    const state = played(START_500, exactly('A', 700))
    expect(refusal(state, exactly('B', 720))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 750 })
  })

  test('lead with no maximum above the own amount', () => {
    const state = played(START_500, exactly('A', 700))
    expect(standingOf(played(state, upTo('B', 2000)))).toEqual(['B', 750])
  })
})

describe('the visible bids of one command', () => {
  const led = played(START_500, upTo('A', 1500))

  test('of a new leader are one, the own', () => {
    const result = accepted(led, upTo('B', 1600))
    expect(entriesOf(result)).toEqual([['BidPlaced', 'B', 1550]])
    expect(result.bidId).toBe('bid_own')
  })

  test('of a challenger with a maximum are all that was offered, then the answer', () => {
    const result = accepted(led, upTo('B', 1000))
    expect(entriesOf(result)).toEqual([
      ['BidPlaced', 'B', 1000],
      ['BidPlaced', 'A', 1050],
    ])
    expect(result.bidId).toBe('bid_own')
  })

  test('of a tie are both at the same price, the leader last', () => {
    expect(entriesOf(accepted(led, upTo('B', 1500)))).toEqual([
      ['BidPlaced', 'B', 1500],
      ['BidPlaced', 'A', 1500],
    ])
  })

  test('carry kind, order, ids and time', () => {
    const { events } = accepted(led, exactly('B', 1000))
    const bids = events.flatMap((event) => (event.type === 'BidPlaced' ? [event.bid] : []))
    expect(bids).toMatchObject([
      { id: 'bid_own', auctionId: 'auc_1', bidder: { id: 'B' }, kind: 'MANUAL', amount: 1000, sequence: 2 },
      { id: 'bid_answer', auctionId: 'auc_1', bidder: { id: 'A' }, kind: 'PROXY', amount: 1050, sequence: 3 },
    ])
    expect(bids.map(({ placedAt, voidedAt }) => [placedAt, voidedAt])).toEqual([
      [Date.parse('2026-03-02T14:00:00Z'), null],
      [Date.parse('2026-03-02T14:00:00Z'), null],
    ])
  })

  test('by a maximum is of the kind PROXY', () => {
    const { events } = accepted(START_500, upTo('A', 1500))
    expect(events.at(-1)).toMatchObject({ type: 'BidPlaced', bid: { kind: 'PROXY', amount: 500 } })
  })

  test('are counted, and each bidder once', () => {
    const { standing } = played(led, upTo('B', 1000), exactly('B', 1200), upTo('C', 2000))
    expect(standing).toMatchObject({ bidCount: 6, bidderCount: 3 })
  })

  test('come after one private maximum, which carries the order of acceptance', () => {
    const { events } = accepted(led, exactly('B', 1000))
    expect(events.map((event) => event.type)).toEqual(['MaximumSet', 'BidPlaced', 'BidPlaced'])
    expect(events[0]).toEqual({
      type: 'MaximumSet',
      maximum: { bidder: { id: 'B', name: 'B' }, maximum: 1000, sequence: 2 },
      offer: { kind: 'amount', value: 1000 },
    })
  })
})

describe('a leader known from the stored row alone', () => {
  test('is not counted as a bidder again', () => {
    const stored = { ...played(START_500, upTo('A', 1500)), bidders: new Set<never>() }
    expect(played(stored, upTo('A', 1600)).standing.bidderCount).toBe(1)
    expect(played(stored, upTo('B', 1000)).standing.bidderCount).toBe(2)
  })
})

describe('the leader', () => {
  const led = played(START_500, upTo('A', 1500))

  test('raises the maximum unseen', () => {
    const result = accepted(led, upTo('A', 1501))
    expect(result).toMatchObject({ outcome: 'MAXIMUM_RAISED', bidId: null })
    expect(entriesOf(result)).toEqual([])
    expect(standingOf(result.state)).toEqual(['A', 500])
    expect(standingOf(played(result.state, upTo('B', 1501)))).toEqual(['A', 1501])
  })

  test.each([1500, 1499, 1])('cannot set the maximum to %i', (value) => {
    expect(refusal(led, upTo('A', value))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 1501 })
  })

  test('after a bid by hand may set a maximum one above it', () => {
    const state = played(START_500, exactly('A', 700))
    expect(refusal(state, upTo('A', 700))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 701 })
    expect(standingOf(played(state, upTo('A', 2000)))).toEqual(['A', 700])
    expect(standingOf(played(state, upTo('A', 2000), upTo('B', 1000)))).toEqual(['A', 1050])
  })

  test('bids by hand at exactly that price and keeps the higher maximum', () => {
    const result = accepted(led, exactly('A', 900))
    expect(entriesOf(result)).toEqual([['BidPlaced', 'A', 900]])
    expect(result).toMatchObject({ outcome: 'LEADING', bidId: 'bid_own' })
    expect(standingOf(played(result.state, upTo('B', 1500)))).toEqual(['A', 1500])
  })

  test('bids by hand above the own maximum and raises it', () => {
    const raised = played(led, exactly('A', 1800))
    expect(standingOf(raised)).toEqual(['A', 1800])
    expect(standingOf(played(raised, upTo('B', 5000)))).toEqual(['B', 1850])
  })

  test('bids by hand no less than anyone else must', () => {
    expect(refusal(led, exactly('A', 549))).toEqual({ code: 'BID_BELOW_MINIMUM', minimum: 550 })
  })

  test('a beaten bidder returns as a challenger', () => {
    expect(standingOf(played(led, upTo('B', 1600), upTo('A', 2000)))).toEqual(['A', 1650])
  })
})

describe('an auction whose price is the largest amount', () => {
  const most = Number.MAX_SAFE_INTEGER
  const full = played(auction(), exactly('A', most))

  test.for([
    ['an equal bid of another', exactly('B', most)],
    ['an equal maximum of another', upTo('B', most)],
    ['an equal bid of the leader', exactly('A', most)],
    ['an equal maximum of the leader', upTo('A', most)],
  ] as const)('refuses %s, and names no minimum', ([, step]) => {
    expect(refusal(full, step)).toEqual({ code: 'BID_BELOW_MINIMUM' })
  })

  test('takes the largest amount once', () => {
    const close = played(auction(), exactly('A', most - 1))
    expect(standingOf(played(close, exactly('B', most)))).toEqual(['B', most])
  })

  test('refuses the equal maximum of a leader below it', () => {
    expect(refusal(played(auction(), upTo('A', most)), upTo('A', most))).toEqual({
      code: 'BID_BELOW_MINIMUM',
    })
  })
})
