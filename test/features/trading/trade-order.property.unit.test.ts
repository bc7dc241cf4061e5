import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ExecutionType, OrderStatus } from '../../../src/features/trading/rules/order.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'
import { decideReport, NOTHING_TRADED, orderIn, positionIn, report, tradedBy } from './trade-fixtures.ts'

/** A report on the one order of a run: quantities are small, so that all states come up. */
interface Reported {
  readonly executionType: ExecutionType
  readonly quantity: number
  readonly lastQuantity: number
  readonly lastPrice: number
}

const reports = fc.array(
  fc.record<Reported>({
    // Fills and replacements more often than ends, after which there is less to see.
    executionType: fc.constantFrom(
      ...(['NEW', 'TRADE', 'TRADE', 'TRADE', 'REPLACED', 'CANCELED', 'REJECTED', 'EXPIRED'] as const),
    ),
    quantity: fc.integer({ min: 1, max: 20 }),
    lastQuantity: fc.integer({ min: 1, max: 8 }),
    lastPrice: fc.integer({ min: 0, max: 1_000 }),
  }),
  { maxLength: 20, size: 'max' },
)

const ENDS = new Map<ExecutionType, OrderStatus>([
  ['CANCELED', 'CANCELED'],
  ['REJECTED', 'REJECTED'],
  ['EXPIRED', 'EXPIRED'],
])

interface NaiveOrder {
  readonly status: OrderStatus
  readonly quantity: number
  readonly filled: number
  readonly leaves: number
  readonly cost: number
}

/** What an order is, by all that was accepted of it. */
function naiveOrder(accepted: readonly Reported[]): NaiveOrder {
  const fills = accepted.filter(({ executionType }) => executionType === 'TRADE')
  const replaced = accepted.findLast(({ executionType }) => executionType === 'REPLACED')
  const quantity = (replaced ?? accepted[0])?.quantity ?? 0
  const filled = fills.reduce((sum, { lastQuantity }) => sum + lastQuantity, 0)
  const cost = fills.reduce((sum, { lastQuantity, lastPrice }) => sum + lastQuantity * lastPrice, 0)
  const [end] = accepted.flatMap(({ executionType }) => ENDS.get(executionType) ?? [])
  const open = filled === 0 ? 'NEW' : filled === quantity ? 'FILLED' : 'PARTIALLY_FILLED'
  return { status: end ?? open, quantity, filled, leaves: end === undefined ? quantity - filled : 0, cost }
}

/** Why a report is refused after those that were accepted; undefined where it is taken. */
function faultOf(
  accepted: readonly Reported[],
  { executionType, quantity, lastQuantity }: Reported,
): string | undefined {
  const isFirst = accepted.length === 0
  const order = naiveOrder(accepted)
  if (executionType === 'TRADE') {
    return order.filled + lastQuantity > (isFirst ? quantity : order.quantity) ? 'INVALID_INPUT' : undefined
  }
  if (isFirst) return undefined
  if (order.leaves === 0) return 'INVALID_TRANSITION'
  return executionType === 'REPLACED' && quantity < order.filled ? 'INVALID_INPUT' : undefined
}

describe('any run of reports on one order', PATIENTLY, () => {
  test('comes to what all that was accepted says, and refuses what does not fit it', () => {
    const seen = new Set<OrderStatus>()
    const run = (made: readonly Reported[]): void => {
      const accepted: Reported[] = []
      let traded = NOTHING_TRADED
      for (const each of made) {
        const command = report({ ...each })
        const decision = decideReport(traded, command)
        const fault = faultOf(accepted, each)
        expect(decision.kind === 'rejected' ? decision.rejection.code : undefined).toBe(fault)
        if (fault !== undefined) continue
        accepted.push(each)
        traded = tradedBy([command], traded)
        const naive = naiveOrder(accepted)
        const order = orderIn(traded)
        seen.add(order.status)
        expect(order).toMatchObject({ status: naive.status, quantity: naive.quantity })
        expect(order).toMatchObject({ filledQuantity: naive.filled, leavesQuantity: naive.leaves })
        expect(traded.head).toBe(accepted.length)
        // No price is below zero: half up is half away from zero.
        const average = Math.floor((2 * naive.cost + naive.filled) / (2 * naive.filled))
        expect(order.averagePrice).toBe(naive.filled === 0 ? null : average)
        if (naive.filled > 0) expect(positionIn(traded).quantity).toBe(naive.filled)
      }
    }
    fc.assert(fc.property(reports, run), runs(300))
    expect(seen.size).toBeGreaterThan(1)
  })
})
