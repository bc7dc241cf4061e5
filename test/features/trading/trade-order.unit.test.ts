import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { asOrderId } from '../../../src/features/trading/ids.ts'
import type { OrderCommand } from '../../../src/features/trading/rules/command.ts'
import type { ExecutionType, OrderStatus } from '../../../src/features/trading/rules/order.ts'
import {
  admin,
  eventsOf,
  inMinutes,
  max,
  mia,
  molly,
  NOW,
  olga,
  service,
  stranger,
  tokenModerator,
  verdictOf,
} from '../rooms/room.fixture.ts'
import {
  decideReport,
  NOTHING_TRADED,
  orderIn,
  positionIn,
  report,
  type Traded,
  trade,
  tradedBy,
  tradeRoom,
} from './trade-fixtures.ts'

const verdict = (traded: Traded, command: OrderCommand): string => verdictOf(decideReport(traded, command))

/** Status, filled, leaves. */
const lineOf = (traded: Traded): string => {
  const { status, filledQuantity, leavesQuantity } = orderIn(traded)
  return `${status} ${filledQuantity} ${leavesQuantity}`
}

describe('an order of 10000', () => {
  const halfFilled = tradedBy([report(), trade(5_000, 100)])
  const cancelled = tradedBy([report({ executionType: 'CANCELED' })], halfFilled)
  const filledLate = tradedBy([trade(4_000, 100)], cancelled)

  test('is NEW and leaves all of it', () => {
    expect(lineOf(tradedBy([report()]))).toBe('NEW 0 10000')
  })

  test('that traded 5000 is PARTIALLY_FILLED and leaves 5000', () => {
    expect(lineOf(halfFilled)).toBe('PARTIALLY_FILLED 5000 5000')
  })

  test('that was cancelled then leaves nothing', () => {
    expect(lineOf(cancelled)).toBe('CANCELED 5000 0')
  })

  test('stays CANCELED when a fill of 4000 comes late, which counts', () => {
    expect(lineOf(filledLate)).toBe('CANCELED 9000 0')
    expect(positionIn(filledLate).quantity).toBe(9_000)
  })

  test('stays CANCELED also where late fills come to all of it', () => {
    expect(lineOf(tradedBy([trade(1_000, 100)], filledLate))).toBe('CANCELED 10000 0')
  })

  test('takes no fill beyond 10000, in time or late', () => {
    expect(verdict(tradedBy([report()]), trade(10_001, 100))).toBe('INVALID_INPUT lastQuantity')
    expect(verdict(halfFilled, trade(5_001, 100))).toBe('INVALID_INPUT lastQuantity')
    expect(verdict(filledLate, trade(1_001, 100))).toBe('INVALID_INPUT lastQuantity')
    expect(verdict(tradedBy([trade(10_000, 1)]), trade(1, 100))).toBe('INVALID_INPUT lastQuantity')
  })

  test('that was filled by 10000 is FILLED', () => {
    expect(lineOf(tradedBy([trade(5_000, 100)], halfFilled))).toBe('FILLED 10000 0')
  })

  test('shows the average of its fills, rounded half away from zero', () => {
    expect(orderIn(tradedBy([report()])).averagePrice).toBeNull()
    expect(orderIn(tradedBy([trade(1, 100), trade(1, 101)])).averagePrice).toBe(101)
    expect(orderIn(tradedBy([trade(2, 100), trade(1, 101)])).averagePrice).toBe(100)
  })
})

describe('an unknown order', () => {
  test.for([
    { executionType: 'NEW', line: 'NEW 0 10000', type: 'OrderAccepted' },
    { executionType: 'REPLACED', line: 'NEW 0 10000', type: 'OrderAccepted' },
    { executionType: 'TRADE', line: 'PARTIALLY_FILLED 100 9900', type: 'OrderExecuted' },
    { executionType: 'REJECTED', line: 'REJECTED 0 0', type: 'OrderFailed' },
    { executionType: 'CANCELED', line: 'CANCELED 0 0', type: 'OrderCancelled' },
    { executionType: 'EXPIRED', line: 'EXPIRED 0 0', type: 'OrderCancelled' },
  ] as const)('is made by $executionType, which gives $type', ({ executionType, line, type }) => {
    const command = report({ executionType, lastQuantity: 100, lastPrice: 7 })
    expect(eventsOf(decideReport(NOTHING_TRADED, command))).toMatchObject([{ type }])
    expect(lineOf(tradedBy([command]))).toBe(line)
  })

  test('is as it was reported', () => {
    expect(orderIn(tradedBy([report({ symbol: ' ACME ', type: 'STOP_LIMIT', limitPrice: 99 })]))).toEqual({
      id: 'o1',
      roomId: 'room_1',
      user: mia.person,
      symbol: 'ACME',
      side: 'BUY',
      type: 'STOP_LIMIT',
      status: 'NEW',
      quantity: 10_000,
      filledQuantity: 0,
      leavesQuantity: 10_000,
      limitPrice: 99,
      averagePrice: null,
      rejectionReason: null,
      updatedAt: NOW,
    })
  })

  test('may belong to an unknown user, who is named by the id', () => {
    const { user } = orderIn(tradedBy([report({ userId: asUserId('unseen') })]))
    expect(user).toEqual({ id: 'unseen', name: 'unseen' })
  })
})

/** What comes of each report on an order of 10 of which 4 are filled, or none where it can't be. */
const STATES: Record<OrderStatus, readonly OrderCommand[]> = {
  NEW: [report({ quantity: 10 })],
  PARTIALLY_FILLED: [trade(4, 1, { quantity: 10 })],
  FILLED: [trade(10, 1, { quantity: 10 })],
  CANCELED: [trade(4, 1, { quantity: 10 }), report({ executionType: 'CANCELED', quantity: 10 })],
  REJECTED: [report({ executionType: 'REJECTED', quantity: 10 })],
  EXPIRED: [trade(4, 1, { quantity: 10 }), report({ executionType: 'EXPIRED', quantity: 10 })],
}

const ENDED = 'INVALID_TRANSITION'
const TABLE: Record<OrderStatus, Record<ExecutionType, string>> = {
  NEW: {
    ...{ NEW: 'NEW 0 10', TRADE: 'PARTIALLY_FILLED 6 4', CANCELED: 'CANCELED 0 0' },
    ...{ REJECTED: 'REJECTED 0 0', EXPIRED: 'EXPIRED 0 0', REPLACED: 'NEW 0 12' },
  },
  PARTIALLY_FILLED: {
    ...{ NEW: 'PARTIALLY_FILLED 4 6', TRADE: 'FILLED 10 0', CANCELED: 'CANCELED 4 0' },
    ...{ REJECTED: 'REJECTED 4 0', EXPIRED: 'EXPIRED 4 0', REPLACED: 'PARTIALLY_FILLED 4 8' },
  },
  FILLED: {
    ...{ NEW: ENDED, TRADE: 'INVALID_INPUT lastQuantity', CANCELED: ENDED },
    ...{ REJECTED: ENDED, EXPIRED: ENDED, REPLACED: ENDED },
  },
  CANCELED: {
    ...{ NEW: ENDED, TRADE: 'CANCELED 10 0', CANCELED: ENDED },
    ...{ REJECTED: ENDED, EXPIRED: ENDED, REPLACED: ENDED },
  },
  REJECTED: {
    ...{ NEW: ENDED, TRADE: 'REJECTED 6 0', CANCELED: ENDED },
    ...{ REJECTED: ENDED, EXPIRED: ENDED, REPLACED: ENDED },
  },
  EXPIRED: {
    ...{ NEW: ENDED, TRADE: 'EXPIRED 10 0', CANCELED: ENDED },
    ...{ REJECTED: ENDED, EXPIRED: ENDED, REPLACED: ENDED },
  },
}
const CELLS = (Object.keys(TABLE) as OrderStatus[]).flatMap((status) =>
  (Object.keys(TABLE[status]) as ExecutionType[]).map((executionType) => ({
    status,
    executionType,
    outcome: TABLE[status][executionType],
  })),
)

describe('the states of FIX: an order of 10', () => {
  test.for(CELLS)(
    'that is $status and reported $executionType is $outcome',
    ({ status, executionType, outcome }) => {
      const before = tradedBy(STATES[status])
      expect(orderIn(before).status).toBe(status)
      const command = report({ executionType, quantity: 12, lastQuantity: 6, lastPrice: 1 })
      const decision = decideReport(before, command)
      expect(decision.kind === 'accepted' ? lineOf(tradedBy([command], before)) : verdictOf(decision)).toBe(
        outcome,
      )
    },
  )
})

describe('an order that is replaced', () => {
  const before = tradedBy([trade(4, 1, { quantity: 10, limitPrice: 50 })])
  const replaced = (change: Partial<OrderCommand>): Traded =>
    tradedBy([report({ executionType: 'REPLACED', ...change })], before)

  test('has another quantity and another limit', () => {
    const after = orderIn(replaced({ quantity: 20, limitPrice: 60 }))
    expect(after).toMatchObject({ quantity: 20, leavesQuantity: 16, limitPrice: 60 })
  })

  test('keeps the limit that is not given', () => {
    expect(orderIn(replaced({ quantity: 20 })).limitPrice).toBe(50)
  })

  test('is FILLED when reduced to its filled quantity, and cannot go below', () => {
    expect(lineOf(replaced({ quantity: 4 }))).toBe('FILLED 4 0')
    expect(verdict(before, report({ executionType: 'REPLACED', quantity: 3 }))).toBe('INVALID_INPUT quantity')
  })

  test('is replaced by nothing else: another report leaves quantity and limit alone', () => {
    const after = tradedBy([report({ quantity: 99, limitPrice: 99 }), trade(1, 1, { quantity: 99 })], before)
    expect(orderIn(after)).toMatchObject({ quantity: 10, limitPrice: 50, leavesQuantity: 5 })
  })
})

describe('a known order', () => {
  const known = tradedBy([report()])

  test.for([
    { field: 'userId', change: { userId: max.person.id } },
    { field: 'symbol', change: { symbol: 'OTHER' } },
    { field: 'side', change: { side: 'SELL' } },
  ] as const)('stays that of its $field', ({ field, change }) => {
    expect(verdict(known, report(change))).toBe(`INVALID_INPUT ${field}`)
    expect(verdict(known, trade(1, 1, change))).toBe(`INVALID_INPUT ${field}`)
    expect(verdict(tradedBy([report({ executionType: 'CANCELED' })]), report(change))).toBe(
      `INVALID_INPUT ${field}`,
    )
  })

  test('says why it was rejected', () => {
    const rejected = report({ executionType: 'REJECTED', rejectionReason: ' No credit ' })
    expect(orderIn(tradedBy([rejected], known)).rejectionReason).toBe('No credit')
    expect(orderIn(tradedBy([{ ...rejected, rejectionReason: ' ' }], known)).rejectionReason).toBeNull()
    const cancelled = report({ executionType: 'CANCELED', rejectionReason: 'No credit' })
    expect(orderIn(tradedBy([cancelled], known)).rejectionReason).toBeNull()
  })
})

describe('an executionId', () => {
  const first = trade(5, 100, { quantity: 10 })
  const before = tradedBy([first])

  test('that is reported again changes nothing and answers with the same entry', () => {
    const later = tradedBy([trade(5, 100)], before)
    for (const traded of [before, later]) {
      const decision = decideReport(traded, first)
      expect(decision).toEqual({ kind: 'accepted', events: [], reply: { orderId: 'o1', offset: 1 } })
    }
  })

  test('answers the same also when the report would be refused by now', () => {
    const ended = tradedBy([report(), report({ executionType: 'CANCELED' })])
    const opening = report({ executionId: 'first', fingerprint: 'first' })
    const opened = tradedBy([report({ executionType: 'CANCELED' })], tradedBy([opening]))
    expect(verdict(ended, report())).toBe('INVALID_TRANSITION')
    expect(verdict(opened, opening)).toBe('ACCEPTED')
  })

  test('with other content is refused', () => {
    const other = { ...first, fingerprint: 'other' }
    expect(verdict(before, other)).toBe('IDEMPOTENCY_KEY_REUSED executionId')
  })
})

describe('reporting an order', () => {
  test('is for services and administrators', () => {
    for (const actor of [service, admin]) {
      expect(verdictOf(decideReport(NOTHING_TRADED, report(), { actor }))).toBe('ACCEPTED')
    }
    for (const actor of [olga, molly, mia, stranger, tokenModerator, SYSTEM]) {
      expect(verdictOf(decideReport(NOTHING_TRADED, report(), { actor }))).toBe('FORBIDDEN')
    }
  })

  test('is NOT_FOUND for a room that does not exist or is hidden', () => {
    expect(verdictOf(decideReport(NOTHING_TRADED, report(), { room: undefined }))).toBe('NOT_FOUND roomId')
    const [hidden, forAdmins] = [tradeRoom({ visibility: 'MEMBERS' }), tradeRoom({ visibility: 'ADMIN' })]
    const outside = { actor: stranger, room: hidden }
    expect(verdictOf(decideReport(NOTHING_TRADED, report(), outside))).toBe('NOT_FOUND roomId')
    expect(verdictOf(decideReport(NOTHING_TRADED, report(), { room: forAdmins }))).toBe('NOT_FOUND roomId')
    expect(verdictOf(decideReport(NOTHING_TRADED, report(), { room: hidden }))).toBe('ACCEPTED')
  })

  test.for(['LOBBY', 'AUCTION', 'CHAT'] as const)('needs a trade room: %s is not one', (kind) => {
    const room = tradeRoom({ kind })
    expect(verdictOf(decideReport(NOTHING_TRADED, report(), { room }))).toBe('INVALID_INPUT roomId')
  })

  test.for(['SCHEDULED', 'LIVE', 'PAUSED'] as const)('is accepted in a room that is %s', (phase) => {
    const room = tradeRoom({ phase, endsAt: inMinutes(-1) })
    expect(verdictOf(decideReport(NOTHING_TRADED, report(), { room }))).toBe('ACCEPTED')
  })

  test.for([
    { field: 'executionId', change: { executionId: '' } },
    { field: 'executionId', change: { executionId: 'x'.repeat(129) } },
    { field: 'executionId', change: { executionId: 'a\0b' } },
    { field: 'orderId', change: { orderId: asOrderId('') } },
    { field: 'orderId', change: { orderId: asOrderId('x'.repeat(129)) } },
    { field: 'userId', change: { userId: asUserId('') } },
    { field: 'userId', change: { userId: asUserId('x'.repeat(257)) } },
    { field: 'symbol', change: { symbol: ' ' } },
    { field: 'symbol', change: { symbol: '\u200b' } },
    { field: 'symbol', change: { symbol: 'x'.repeat(65) } },
    { field: 'symbol', change: { symbol: 'a\0b' } },
    { field: 'quantity', change: { quantity: 0 } },
    { field: 'quantity', change: { quantity: -1 } },
    { field: 'quantity', change: { quantity: 1.5 } },
    { field: 'limitPrice', change: { limitPrice: -1 } },
    { field: 'lastQuantity', change: { executionType: 'TRADE', lastPrice: 1 } },
    { field: 'lastQuantity', change: { executionType: 'TRADE', lastQuantity: 0, lastPrice: 1 } },
    { field: 'lastPrice', change: { executionType: 'TRADE', lastQuantity: 1 } },
    { field: 'lastPrice', change: { executionType: 'TRADE', lastQuantity: 1, lastPrice: -1 } },
    { field: 'rejectionReason', change: { executionType: 'REJECTED', rejectionReason: 'x'.repeat(1001) } },
    { field: 'rejectionReason', change: { executionType: 'REJECTED', rejectionReason: 'a\ud800' } },
  ] as const)('is refused for $field: $change', ({ field, change }) => {
    expect(verdict(NOTHING_TRADED, report(change))).toBe(`INVALID_INPUT ${field}`)
  })
})
