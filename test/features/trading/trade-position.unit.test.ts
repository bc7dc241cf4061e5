import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { quotient } from '../../../src/features/trading/rules/exact.ts'
import { positionKey } from '../../../src/features/trading/rules/position.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'
import {
  admin,
  eventsOf,
  inMinutes,
  mia,
  NOW,
  olga,
  service,
  stranger,
  tokenModerator,
  verdictOf,
} from '../rooms/room.fixture.ts'
import {
  decideReport,
  decideStatement,
  entriesOf,
  fill,
  NOTHING_TRADED,
  positionIn,
  statePortfolio,
  statePosition,
  type Traded,
  tradedBy,
  tradeRoom,
} from './trade-fixtures.ts'
import { cashOf, isWithin, type NaiveFill, naivePosition } from './trade-naive.ts'

const MOST = Number.MAX_SAFE_INTEGER

/** Quantity, average entry price, realised. */
const lineOf = (traded: Traded): string => {
  const { quantity, averageEntryPrice, realizedPnl } = positionIn(traded)
  return `${quantity} at ${averageEntryPrice}, realised ${realizedPnl}`
}

describe('a position by average cost', () => {
  const bought = tradedBy([fill('BUY', 10, 100), fill('BUY', 10, 110)])
  const sold = tradedBy([fill('SELL', 5, 120)], bought)

  test('of 10 bought at 100 and 10 at 110 has an average of 105', () => {
    expect(lineOf(bought)).toBe('20 at 105, realised 0')
  })

  test('of which 5 are sold at 120 has realised 75', () => {
    expect(lineOf(sold)).toBe('15 at 105, realised 75')
  })

  test('of 15 is 75 down at a mark of 100', () => {
    const stated = statePosition({ quantity: 15, averageEntryPrice: 105, markPrice: 100, realizedPnl: 75 })
    expect(positionIn(tradedBy([stated], sold))).toMatchObject({ realizedPnl: 75, unrealizedPnl: -75 })
  })

  test('of 5 long at 100 of which 8 are sold at 110 has realised 50 and is 3 short at 110', () => {
    expect(lineOf(tradedBy([fill('BUY', 5, 100), fill('SELL', 8, 110)]))).toBe('-3 at 110, realised 50')
  })

  test('of 5 short at 100 of which 8 are bought at 90 has realised 50 and is 3 long at 90', () => {
    expect(lineOf(tradedBy([fill('SELL', 5, 100), fill('BUY', 8, 90)]))).toBe('3 at 90, realised 50')
  })

  test('that is short gains as the price falls', () => {
    const short = tradedBy([fill('SELL', 10, 100), fill('SELL', 10, 110), fill('BUY', 5, 90)])
    expect(lineOf(short)).toBe('-15 at 105, realised 75')
    expect(positionIn(short)).toMatchObject({ markPrice: 90, unrealizedPnl: 225 })
  })

  test('is marked at the price of each fill', () => {
    expect(positionIn(bought)).toMatchObject({ markPrice: 110, unrealizedPnl: 100 })
    expect(positionIn(sold)).toMatchObject({ markPrice: 120, unrealizedPnl: 225 })
  })

  test('shows an average that is rounded half away from zero, and keeps the exact cost', () => {
    const uneven = tradedBy([fill('BUY', 1, 100), fill('BUY', 1, 101)])
    expect(lineOf(uneven)).toBe('2 at 101, realised 0')
    expect(lineOf(tradedBy([fill('SELL', 2, 101)], uneven))).toBe('0 at null, realised 1')
  })

  test('takes cost × closed ÷ quantity out of the cost, rounded, so that what is realised is exact at zero', () => {
    // 3 for 100: the first sold takes 33 of it, the next 34 (33.5, rounded away from zero), the last 33.
    const thirds = tradedBy([fill('BUY', 1, 33), fill('BUY', 1, 33), fill('BUY', 1, 34)])
    const first = tradedBy([fill('SELL', 1, 50)], thirds)
    const second = tradedBy([fill('SELL', 1, 50)], first)
    expect([first, second].map((each) => positionIn(each).realizedPnl)).toEqual([17, 33])
    expect(lineOf(tradedBy([fill('SELL', 1, 50)], second))).toBe('0 at null, realised 50')
  })

  test('at zero is closed, keeps what it realised, and has nothing unrealised', () => {
    const [event] = eventsOf(decideReport(sold, fill('SELL', 15, 100)))
    expect(event).toMatchObject({ type: 'OrderExecuted', moved: { type: 'PositionClosed' } })
    const closed = positionIn(tradedBy([fill('SELL', 15, 100)], sold))
    expect(closed).toMatchObject({ quantity: 0, averageEntryPrice: null, realizedPnl: 0, unrealizedPnl: 0 })
    const again = tradedBy([fill('SELL', 15, 100), fill('BUY', 2, 7)], sold)
    expect(lineOf(again)).toBe('2 at 7, realised 0')
  })

  test('that goes through zero is updated, not closed', () => {
    const [event] = eventsOf(decideReport(sold, fill('SELL', 16, 100)))
    expect(event).toMatchObject({ moved: { type: 'PositionUpdated' } })
  })

  test('moves when its own history does, where that is further on than that of the orders', () => {
    const [event] = eventsOf(decideReport(bought, fill('SELL', 1, 100), { movedAt: inMinutes(1) }))
    expect(event).toMatchObject({
      order: { updatedAt: NOW },
      moved: { position: { updatedAt: inMinutes(1) } },
    })
  })

  test('is one of its user and symbol', () => {
    const traded = tradedBy([fill('BUY', 1, 5), fill('BUY', 2, 6, 'OTHER')])
    expect([positionIn(traded).quantity, positionIn(traded, 'OTHER').quantity]).toEqual([1, 2])
    const [one, other] = [asUserId('a'), asUserId('a","b')]
    expect(positionKey(one, 'b","c')).not.toBe(positionKey(other, 'c'))
  })
})

describe('a quotient', () => {
  test.for([
    [7n, 2n, 4n],
    [-7n, 2n, -4n],
    [5n, 3n, 2n],
    [4n, 3n, 1n],
    [-4n, 3n, -1n],
    [0n, 3n, 0n],
  ] as const)('of %d and %d is %d, half away from zero', ([over, under, rounded]) => {
    expect(quotient(over, under)).toBe(rounded)
  })
})

describe('what no amount can hold', () => {
  const verdict = (traded: Traded, command: ReturnType<typeof fill>): string =>
    verdictOf(decideReport(traded, command))

  test('is refused by the field that makes it so, and is no fault', () => {
    const huge = tradedBy([fill('BUY', MOST, 1)])
    expect(lineOf(huge)).toBe(`${MOST} at 1, realised 0`)
    expect(verdict(huge, fill('BUY', 1, 1))).toBe('INVALID_INPUT lastQuantity')
    expect(verdict(huge, fill('SELL', 1, 3))).toBe('INVALID_INPUT lastPrice')
    expect(verdict(huge, fill('SELL', MOST, 3))).toBe('INVALID_INPUT lastPrice')
    expect(verdict(huge, fill('SELL', MOST, 2))).toBe('ACCEPTED')
  })

  test('keeps the exact cost internally, hidden from clients', () => {
    const dear = tradedBy([fill('BUY', 1_000_000_000, 1_000_000_000)])
    expect(lineOf(dear)).toBe('1000000000 at 1000000000, realised 0')
    expect(lineOf(tradedBy([fill('SELL', 1_000_000_000, 1_000_000_001)], dear))).toBe(
      '0 at null, realised 1000000000',
    )
  })

  test('is refused in a stated position by its mark', () => {
    const stated = statePosition({ quantity: MOST, averageEntryPrice: 0, markPrice: 2 })
    expect(verdictOf(decideStatement(NOTHING_TRADED, stated))).toBe('INVALID_INPUT markPrice')
  })
})

describe('a position that a service states', () => {
  const traded = tradedBy([fill('BUY', 10, 100), fill('SELL', 5, 115)])

  test('takes the place of what there was, also of what is left out', () => {
    const after = positionIn(tradedBy([statePosition({ quantity: 7, averageEntryPrice: 90 })], traded))
    expect(after).toEqual({
      roomId: 'room_1',
      user: mia.person,
      symbol: 'ACME',
      quantity: 7,
      averageEntryPrice: 90,
      markPrice: null,
      realizedPnl: 0,
      unrealizedPnl: null,
      updatedAt: NOW,
    })
  })

  test('is where the next fill continues', () => {
    const stated = statePosition({ quantity: 7, averageEntryPrice: 90, realizedPnl: 5 })
    expect(lineOf(tradedBy([stated, fill('SELL', 2, 100)], traded))).toBe('5 at 90, realised 25')
  })

  test('may be short', () => {
    const stated = statePosition({ quantity: -4, averageEntryPrice: 90, markPrice: 100 })
    expect(positionIn(tradedBy([stated]))).toMatchObject({ averageEntryPrice: 90, unrealizedPnl: -40 })
  })

  test('at zero is closed, at whatever price', () => {
    const stated = statePosition({ quantity: 0, averageEntryPrice: 90, realizedPnl: 12 })
    expect(entriesOf(decideStatement(traded, stated))).toMatchObject([{ type: 'PositionClosed' }])
    expect(lineOf(tradedBy([stated, fill('BUY', 1, 3)], traded))).toBe('1 at 3, realised 12')
  })

  test('without an entry price has no average until it was at zero, and what it closes realises nothing', () => {
    const stated = statePosition({ quantity: 10, markPrice: 100, realizedPnl: 7 })
    const unpriced = tradedBy([stated, fill('BUY', 2, 50), fill('SELL', 4, 60)])
    expect(lineOf(unpriced)).toBe('8 at null, realised 7')
    expect(positionIn(unpriced)).toMatchObject({ markPrice: 60, unrealizedPnl: null })
    expect(lineOf(tradedBy([fill('SELL', 8, 60), fill('BUY', 1, 9)], unpriced))).toBe('1 at 9, realised 7')
    expect(lineOf(tradedBy([fill('SELL', 9, 60)], unpriced))).toBe('-1 at 60, realised 7')
  })

  test('that equals the current state emits no event', () => {
    const stated = statePosition({ quantity: 7, averageEntryPrice: 90, markPrice: 95, realizedPnl: 5 })
    const before = tradedBy([stated], traded)
    const decision = decideStatement(before, stated)
    expect(decision).toEqual({
      kind: 'accepted',
      events: [],
      reply: { userId: mia.person.id, symbol: 'ACME', stale: false },
    })
    for (const change of [
      { quantity: 8 },
      { averageEntryPrice: 91 },
      { markPrice: 96 },
      { realizedPnl: 6 },
    ]) {
      expect(entriesOf(decideStatement(before, { ...stated, ...change }))).toHaveLength(1)
    }
  })

  test.for([
    { field: 'userId', change: { userId: asUserId('') } },
    { field: 'userId', change: { userId: asUserId('x'.repeat(257)) } },
    { field: 'symbol', change: { symbol: '' } },
    { field: 'symbol', change: { symbol: 'a\0b' } },
    { field: 'quantity', change: { quantity: 0.5 } },
    { field: 'averageEntryPrice', change: { averageEntryPrice: -1 } },
    { field: 'markPrice', change: { markPrice: -1 } },
    { field: 'realizedPnl', change: { realizedPnl: 2 ** 53 } },
  ])('is refused for $field: $change', ({ field, change }) => {
    expect(verdictOf(decideStatement(NOTHING_TRADED, statePosition(change)))).toBe(`INVALID_INPUT ${field}`)
  })
})

describe('a portfolio that a service states', () => {
  const stated = statePortfolio({ cash: -5, realizedPnl: 3 })
  const before = tradedBy([stated])

  test('is as stated; what is left out is zero', () => {
    expect(before.portfolios.get(mia.person.id)).toEqual({
      ...{ roomId: 'room_1', user: mia.person, cash: -5, equity: 250, realizedPnl: 3, unrealizedPnl: 0 },
      updatedAt: NOW,
    })
  })

  test('that equals the current state emits no event', () => {
    expect(decideStatement(before, stated)).toMatchObject({ kind: 'accepted', events: [] })
    for (const change of [{ cash: 1 }, { equity: 1 }, { realizedPnl: 1 }, { unrealizedPnl: 1 }]) {
      const events = entriesOf(decideStatement(before, { ...stated, ...change }))
      expect(events).toMatchObject([{ type: 'PortfolioUpdated' }])
    }
  })

  test.for([
    { field: 'userId', change: { userId: asUserId('') } },
    { field: 'cash', change: { cash: 0.5 } },
    { field: 'equity', change: { equity: 2 ** 53 } },
    { field: 'realizedPnl', change: { realizedPnl: Number.NaN } },
    { field: 'unrealizedPnl', change: { unrealizedPnl: 0.5 } },
  ])('is refused for $field', ({ field, change }) => {
    expect(verdictOf(decideStatement(NOTHING_TRADED, statePortfolio(change)))).toBe(`INVALID_INPUT ${field}`)
  })
})

describe('stating a position or a portfolio', () => {
  const verdicts = (scene: Parameters<typeof decideStatement>[2]): readonly string[] =>
    [statePosition(), statePortfolio()].map((command) => {
      return verdictOf(decideStatement(NOTHING_TRADED, command, scene))
    })

  test('is for services and administrators, in a trade room that they see', () => {
    const both = (verdict: string): readonly string[] => [verdict, verdict]
    for (const actor of [service, admin]) expect(verdicts({ actor })).toEqual(both('ACCEPTED'))
    for (const actor of [olga, mia, stranger, tokenModerator, SYSTEM]) {
      expect(verdicts({ actor })).toEqual(both('FORBIDDEN'))
    }
    expect(verdicts({ room: undefined })).toEqual(both('NOT_FOUND roomId'))
    expect(verdicts({ actor: stranger, room: tradeRoom({ visibility: 'MEMBERS' }) })).toEqual(
      both('NOT_FOUND roomId'),
    )
    expect(verdicts({ room: tradeRoom({ kind: 'CHAT' }) })).toEqual(both('INVALID_INPUT roomId'))
  })
})

/** Few sizes and prices, so that positions often come to zero and go through it; now and then large ones. */
const fills = fc.array(
  fc.record<NaiveFill>({
    side: fc.constantFrom('BUY', 'SELL'),
    quantity: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1_000_000 })),
    price: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 1_000_000 })),
  }),
  { maxLength: 40, size: 'max' },
)

describe('any run of fills', PATIENTLY, () => {
  const each = (check: (made: readonly NaiveFill[], traded: Traded) => void): void => {
    const run = (all: readonly NaiveFill[]): void => {
      let traded = NOTHING_TRADED
      for (const [index, { side, quantity, price }] of all.entries()) {
        traded = tradedBy([fill(side, quantity, price)], traded)
        check(all.slice(0, index + 1), traded)
      }
    }
    fc.assert(fc.property(fills, run), runs(200))
  }
  const held = (traded: Traded) => {
    const position = traded.positions.get(positionKey(mia.person.id, 'ACME'))
    if (position === undefined) throw new Error('a fill makes a position')
    return position
  }

  test('comes to the quantity of all fills, and within half a unit a part that was closed to what fractions give', () => {
    let closings = 0
    each((made, traded) => {
      const { quantity, cost, realizedPnl } = held(traded)
      const naive = naivePosition(made)
      closings += naive.partsClosed
      expect(BigInt(quantity)).toBe(naive.quantity)
      expect(isWithin(cost ?? -1n, naive.cost, naive.partsClosed)).toBe(true)
      expect(isWithin(BigInt(realizedPnl), naive.realized, naive.partsClosed)).toBe(true)
    })
    expect(closings).toBeGreaterThan(0)
  })

  test('has realised at zero exactly what came in less what went out', () => {
    each((made, traded) => {
      const { quantity } = held(traded)
      const price = made[0]?.price ?? 0
      // Few runs come to zero by themselves: what is held is closed.
      const closing: readonly NaiveFill[] =
        quantity === 0 ? [] : [{ side: quantity > 0 ? 'SELL' : 'BUY', quantity: Math.abs(quantity), price }]
      const flat = tradedBy(
        closing.map((each) => fill(each.side, each.quantity, each.price)),
        traded,
      )
      expect(held(flat).quantity).toBe(0)
      expect(BigInt(held(flat).realizedPnl)).toBe(cashOf([...made, ...closing]))
      expect(held(flat).cost).toBe(0n)
    })
  })

  test('always adds up: realised and unrealised are the cash and what is held at the mark', () => {
    each((made, traded) => {
      const { quantity, markPrice, realizedPnl, unrealizedPnl } = positionIn(traded)
      expect(markPrice).toBe(made.at(-1)?.price)
      const worth = cashOf(made) + BigInt(quantity) * BigInt(markPrice ?? 0)
      expect(BigInt(realizedPnl) + BigInt(unrealizedPnl ?? Number.NaN)).toBe(worth)
    })
  })

  test('never has an average beyond the prices that were paid since zero', () => {
    const run = (all: readonly NaiveFill[]): void => {
      const bought = all.map(({ quantity, price }) => fill('BUY', quantity, price))
      const sold = all.slice(1).map(({ price }) => fill('SELL', 1, price))
      const { quantity, averageEntryPrice } = positionIn(tradedBy([...bought, ...sold]))
      if (quantity <= 0) return
      const prices = all.map(({ price }) => price)
      expect(averageEntryPrice).toBeGreaterThanOrEqual(Math.min(...prices))
      expect(averageEntryPrice).toBeLessThanOrEqual(Math.max(...prices))
    }
    fc.assert(
      fc.property(
        fills.filter(({ length }) => length > 0),
        run,
      ),
      runs(200),
    )
  })
})
