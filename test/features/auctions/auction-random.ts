import fc from 'fast-check'
import { amount } from '../../../src/engine/kernel/amount.ts'
import type { AuctionState } from '../../../src/features/auctions/rules/auction.ts'
import type { AuctionEvent } from '../../../src/features/auctions/rules/event.ts'
import { evolveAuction } from '../../../src/features/auctions/rules/evolve.ts'
import { runs } from '../../support/runs.ts'
import { auction, bid, decide, type Move } from './auction-fixtures.ts'
import type { NaiveOffer } from './auction-naive.ts'

/** How often each property is tried. */
export const RUNS = runs(300)

/** Offers close to each other, so that ties, refusals and steps met exactly are common. */
export const offers = fc.array(
  fc.record({
    bidder: fc.constantFrom('A', 'B', 'C', 'D'),
    kind: fc.constantFrom('amount' as const, 'maximum' as const),
    value: fc.oneof(
      fc.integer({ min: 400, max: 1400 }),
      fc.integer({ min: 8, max: 60 }).map((n) => n * 50),
    ),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
)

const increments = fc.option(
  fc
    .uniqueArray(
      fc.record({ from: fc.integer({ min: 0, max: 2500 }), step: fc.integer({ min: 1, max: 200 }) }),
      {
        selector: ({ from }) => from,
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((bands) =>
      bands
        .sort((one, other) => one.from - other.from)
        .map(({ from, step }) => ({ from: amount(from), step: amount(step) })),
    ),
)

/** Auctions from 500, with any table, with and without a reserve. */
export const auctions = fc
  .record({ increments, reserve: fc.option(fc.integer({ min: 500, max: 2500 })) })
  .map(({ increments: table, reserve }) => {
    const state = auction(reserve === null ? {} : { reservePrice: reserve })
    return table === null ? state : { ...state, terms: { ...state.terms, increments: table } }
  })

export function moveOf({ bidder, kind, value }: NaiveOffer): Move {
  return bid(bidder, kind === 'amount' ? { amount: value } : { maximum: value })
}

/** The events of a decision; none where it is no acceptance. */
export function eventsOf(state: AuctionState, step: Move): readonly AuctionEvent[] {
  const decision = decide(state, step)
  return decision.kind === 'accepted' ? decision.events : []
}

/** Every state that `steps` go through, one after each event, the first one included. */
export function statesOf(start: AuctionState, steps: readonly Move[]): readonly AuctionState[] {
  const states = [start]
  let state = start
  for (const step of steps) {
    for (const event of eventsOf(state, step)) {
      state = evolveAuction(state, event)
      states.push(state)
    }
  }
  return states
}

/** Calls `check` with each state and its successor. */
export function eachStep(
  states: readonly AuctionState[],
  check: (before: AuctionState, after: AuctionState) => void,
): void {
  states.reduce((before, next) => {
    check(before, next)
    return next
  })
}
