import { describe, expect, test } from 'vitest'
import type { Transfer } from '../../../src/features/wallets/rules/transfer.ts'
import {
  applyDue,
  at,
  buy,
  cancel,
  control,
  endWithRoom,
  exactly,
  type Move,
  standingOf,
  upTo,
} from './auction-fixtures.ts'
import { decideIn, moneyIn, playedIn, type Sale, sale, spending } from './auction-sale.ts'

/** `HOLD 6000 A`: of the account that it is taken from. */
function lineOf({ kind, amount, debit }: Transfer): string {
  return `${kind} ${amount} ${debit.kind === 'house' ? 'house' : debit.userId}`
}

/** What `steps` move. */
function movedBy(before: Sale, ...steps: readonly Move[]): readonly string[] {
  return playedIn(before, ...steps)
    .transfers.slice(before.transfers.length)
    .map(lineOf)
}

describe('a bidder with 10000', () => {
  const open = sale({}, { A: 10_000 })
  const led = playedIn(open, upTo('A', 6000))

  test('has 6000 held for a maximum of 6000, and 4000 left', () => {
    expect(movedBy(open, upTo('A', 6000))).toEqual(['HOLD 6000 A'])
    expect(moneyIn(led, 'A')).toEqual([10_000, 6000])
  })

  test('has only the difference held for a raise to 8000, and 2000 left', () => {
    expect(movedBy(led, upTo('A', 8000))).toEqual(['HOLD 2000 A'])
    expect(moneyIn(playedIn(led, upTo('A', 8000)), 'A')).toEqual([10_000, 8000])
  })

  test('to whom it is sold at 5500 keeps 4500 with nothing held, and the seller gets 5500', () => {
    const raised = playedIn(led, upTo('A', 8000), upTo('B', 5400))
    expect(standingOf(raised.state)).toEqual(['A', 5500])
    expect(movedBy(raised, control('hammer'))).toEqual(['CAPTURE 5500 A', 'RELEASE 2500 A'])
    const sold = playedIn(raised, control('hammer'))
    expect(moneyIn(sold, 'A')).toEqual([4500, 0])
    expect(moneyIn(sold, 'Seller')).toEqual([5500, 0])
    expect(sold.state.standing.winner?.settledAt).not.toBeNull()
  })
})

describe('a bidder with 100, of which 80 are held for the own maximum', () => {
  const led = playedIn(sale({ startingPrice: 10 }, { A: 100 }), upTo('A', 80))

  test('raises it to 90, and to all of 100', () => {
    expect(moneyIn(playedIn(led, upTo('A', 90)), 'A')).toEqual([100, 90])
    expect(moneyIn(playedIn(led, upTo('A', 100)), 'A')).toEqual([100, 100])
  })

  test('cannot raise it to 101: 21 more are needed and 20 are there', () => {
    expect(decideIn(led, upTo('A', 101))).toMatchObject({
      rejection: { code: 'INSUFFICIENT_FUNDS', available: 20, required: 21 },
    })
  })

  test('bids by hand below it without another hold, and above it for the difference', () => {
    expect(movedBy(led, exactly('A', 50))).toEqual([])
    expect(movedBy(led, exactly('A', 95))).toEqual(['HOLD 15 A'])
  })
})

describe('a challenger of A, who leads with 1500 held', () => {
  const led = playedIn(sale({}, { A: 1500, B: 2000, C: 400 }), upTo('A', 1500))

  test('who takes the lead has it held, and A gets all of it back', () => {
    expect(movedBy(led, upTo('B', 2000))).toEqual(['RELEASE 1500 A', 'HOLD 2000 B'])
    expect(moneyIn(playedIn(led, upTo('B', 2000)), 'A')).toEqual([1500, 0])
  })

  test('who would take the lead without the money is refused, and A leads on', () => {
    expect(decideIn(led, exactly('C', 1600))).toMatchObject({
      rejection: { code: 'INSUFFICIENT_FUNDS', available: 400, required: 1600 },
    })
    expect(decideIn(led, upTo('B', 2001))).toMatchObject({
      rejection: { code: 'INSUFFICIENT_FUNDS', available: 2000, required: 2001 },
    })
  })

  test('a challenger answered at once needs no money and gets no hold', () => {
    expect(movedBy(led, upTo('C', 1000))).toEqual([])
    expect(movedBy(led, exactly('Nobody', 1200))).toEqual([])
  })

  test('whose bid is too low hears of the least, not of the money', () => {
    expect(decideIn(led, exactly('C', 549))).toMatchObject({
      rejection: { code: 'BID_BELOW_MINIMUM', minimum: 550 },
    })
  })
})

describe('the end of a funded auction that A leads at 500 with 1500 held', () => {
  const led = playedIn(sale({}, { A: 1500 }), upTo('A', 1500))
  const settled = ['CAPTURE 500 A', 'RELEASE 1000 A']

  test.for([
    ['by the hammer', control('hammer')],
    ['by the clock', applyDue(at('15:00'))],
    ['with its room', endWithRoom()],
  ] as const)('%s captures the price and releases the rest', ([, ending]) => {
    expect(movedBy(led, ending)).toEqual(settled)
    expect(moneyIn(playedIn(led, ending), 'A')).toEqual([1000, 0])
    expect(moneyIn(playedIn(led, ending), 'Seller')).toEqual([500, 0])
  })

  test('where the price is all that is held releases nothing more', () => {
    const byHand = playedIn(sale({}, { A: 1500 }), exactly('A', 1500))
    expect(movedBy(byHand, control('hammer'))).toEqual(['CAPTURE 1500 A'])
  })

  test('by cancelling releases all of it', () => {
    expect(movedBy(led, cancel('Withdrawn.'))).toEqual(['RELEASE 1500 A'])
  })

  test.for([
    ['by the hammer', control('hammer')],
    ['by the clock', applyDue(at('15:00'))],
    ['with its room', endWithRoom()],
  ] as const)('below the reserve, %s, releases all of it', ([, ending]) => {
    const below = playedIn(sale({ reservePrice: 5000 }, { A: 1500 }), upTo('A', 1500))
    expect(movedBy(below, ending)).toEqual(['RELEASE 1500 A'])
    expect(playedIn(below, ending).state.standing.phase).toBe('UNSOLD')
  })

  test('comes once: what comes after it moves nothing', () => {
    const over = [control('hammer'), applyDue(at('15:00')), endWithRoom()]
    expect(movedBy(playedIn(led, control('hammer')), ...over)).toEqual([])
  })

  test('in a pause settles as well', () => {
    expect(movedBy(led, control('pause'))).toEqual([])
    expect(movedBy(playedIn(led, control('pause')), control('hammer'))).toEqual(settled)
  })
})

describe('buying a funded auction outright', () => {
  const reserved = sale({ reservePrice: 5000, buyNowPrice: 6500 }, { A: 6500, B: 7000 })
  const led = playedIn(reserved, upTo('A', 4000))

  test('holds and captures the price at once', () => {
    expect(movedBy(reserved, buy('B', 6500))).toEqual(['HOLD 6500 B', 'CAPTURE 6500 B'])
    expect(moneyIn(playedIn(reserved, buy('B', 6500)), 'B')).toEqual([500, 0])
    expect(moneyIn(playedIn(reserved, buy('B', 6500)), 'Seller')).toEqual([6500, 0])
  })

  test('releases the leader that there was', () => {
    expect(movedBy(led, buy('B', 6500))).toEqual(['RELEASE 4000 A', 'HOLD 6500 B', 'CAPTURE 6500 B'])
    expect(moneyIn(playedIn(led, buy('B', 6500)), 'A')).toEqual([6500, 0])
  })

  test('takes only the difference from a leader who buys', () => {
    expect(movedBy(led, buy('A', 6500))).toEqual(['HOLD 2500 A', 'CAPTURE 6500 A'])
    expect(moneyIn(playedIn(led, buy('A', 6500)), 'A')).toEqual([0, 0])
  })

  test('without the money is refused', () => {
    const poor = spending(led, { B: 6499 })
    expect(decideIn(poor, buy('B', 6500))).toMatchObject({
      rejection: { code: 'INSUFFICIENT_FUNDS', available: 6499, required: 6500 },
    })
  })
})

describe('an auction that is not funded', () => {
  test('moves nothing, whatever happens in it', () => {
    const all = [upTo('A', 1500), upTo('B', 2000), upTo('B', 3000), control('hammer')]
    expect(movedBy(sale(), ...all)).toEqual([])
    expect(playedIn(sale(), ...all).state.standing.winner?.settledAt).toBeNull()
  })
})
