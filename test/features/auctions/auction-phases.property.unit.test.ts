import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { later } from '../../../src/engine/kernel/instant.ts'
import type { AuctionState } from '../../../src/features/auctions/rules/auction.ts'
import type { AuctionEvent } from '../../../src/features/auctions/rules/event.ts'
import { foldAuction } from '../../../src/features/auctions/rules/evolve.ts'
import { latestEnd } from '../../../src/features/auctions/rules/soft-close.ts'
import { PATIENTLY } from '../../support/runs.ts'
import {
  applyDue,
  at,
  buy,
  cancel,
  control,
  decide,
  MINUTE_MS,
  type Move,
  NOW,
  scheduled,
} from './auction-fixtures.ts'
import { eachStep, eventsOf, moveOf, RUNS, statesOf } from './auction-random.ts'

describe('a run of all commands', PATIENTLY, () => {
  const softClose = { windowMs: 3 * MINUTE_MS, extensionMs: 5 * MINUTE_MS, capMs: 6 * MINUTE_MS }
  const shortened = { windowMs: 8 * MINUTE_MS, extensionMs: 2 * MINUTE_MS, capMs: 6 * MINUTE_MS }
  const given = { softClose, startsAt: at('14:10'), endsAt: at('14:40') }
  /** Mostly enough to be accepted: the later, the higher. */
  const bidding = fc.record({
    bidder: fc.constantFrom('A', 'B', 'C', 'D'),
    kind: fc.constantFrom('amount' as const, 'maximum' as const),
    over: fc.integer({ min: -100, max: 400 }),
  })
  const moves = fc
    .array(
      fc.tuple(
        fc.oneof(
          { weight: 16, arbitrary: bidding },
          { weight: 3, arbitrary: fc.constantFrom(control('pause'), control('resume'), control('resume')) },
          { weight: 2, arbitrary: fc.constant(applyDue(NOW)) },
          { weight: 1, arbitrary: fc.constantFrom(control('hammer'), cancel('Withdrawn.'), buy('A', 1000)) },
        ),
        fc.integer({ min: 0, max: 8 * MINUTE_MS }),
      ),
      { minLength: 1, maxLength: 40, size: 'max' },
    )
    .map((steps) => {
      let now = NOW
      return steps.map(([step, passed], index) => {
        now = later(now, passed)
        if ('command' in step) return { ...step, now }
        return { ...moveOf({ ...step, value: 500 + index * 60 + step.over }), now }
      })
    })
  const starts = fc.constantFrom(
    scheduled(given),
    scheduled({ ...given, softClose: shortened, buyNowPrice: 1000 }),
    scheduled({ ...given, reservePrice: 900, buyNowPrice: 1000 }),
  )

  test('never shortens the end, nor moves it past the cap', () => {
    const run = (start: AuctionState, steps: readonly Move[]): void =>
      eachStep(statesOf(start, steps), (before, next) => {
        expect(next.standing.endsAt).toBeGreaterThanOrEqual(before.standing.endsAt)
        expect(next.standing.endsAt).toBeLessThanOrEqual(latestEnd(next))
      })
    fc.assert(fc.property(starts, moves, run), RUNS)
  })

  test('changes phase only along the arrows', () => {
    const allowed: Readonly<Record<string, readonly string[]>> = {
      SCHEDULED: ['LIVE', 'CANCELLED'],
      LIVE: ['PAUSED', 'SOLD', 'UNSOLD', 'CANCELLED'],
      PAUSED: ['LIVE', 'SOLD', 'UNSOLD', 'CANCELLED'],
    }
    const run = (start: AuctionState, steps: readonly Move[]): void =>
      eachStep(statesOf(start, steps), (before, next) => {
        const [from, to] = [before.standing.phase, next.standing.phase]
        expect(from === to || allowed[from]?.includes(to)).toBe(true)
      })
    fc.assert(fc.property(starts, moves, run), RUNS)
  })

  test('folds from the beginning to the state that was kept, and leaves every earlier one as it was', () => {
    const run = (start: AuctionState, steps: readonly Move[]): void => {
      const kept = structuredClone(start)
      const history: AuctionEvent[] = []
      let state = start
      for (const step of steps) {
        const events = eventsOf(state, step)
        history.push(...events)
        state = foldAuction(state, events)
      }
      expect(start).toEqual(kept)
      expect(foldAuction(kept, structuredClone(history))).toEqual(state)
    }
    fc.assert(fc.property(starts, moves, run), RUNS)
  })

  test('refuses without an event, and repeats what sets a state without one', () => {
    const run = (start: AuctionState, steps: readonly Move[]): void => {
      let state = start
      for (const step of steps) {
        const decision = decide(state, step)
        if (decision.kind !== 'accepted') {
          expect(decision).not.toHaveProperty('events')
          continue
        }
        state = foldAuction(state, decision.events)
        const isBidding = step.command.kind === 'placeBid' || step.command.kind === 'buyNow'
        if (!isBidding) expect(decide(state, step)).toMatchObject({ kind: 'accepted', events: [] })
      }
    }
    fc.assert(fc.property(starts, moves, run), RUNS)
  })

  test('names a winner exactly when it is sold, at the price shown', () => {
    const run = (start: AuctionState, steps: readonly Move[]): void => {
      for (const { standing } of statesOf(start, steps)) {
        const { leader: user, currentPrice: price } = standing
        expect(standing.winner).toEqual(standing.phase === 'SOLD' ? { user, price, settledAt: null } : null)
      }
    }
    fc.assert(fc.property(starts, moves, run), RUNS)
  })
})
