import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuctionState } from '../../../src/features/auctions/rules/auction.ts'
import { foldAuction } from '../../../src/features/auctions/rules/evolve.ts'
import { minimumBid } from '../../../src/features/auctions/rules/offered.ts'
import { PATIENTLY } from '../../support/runs.ts'
import { bid, decide } from './auction-fixtures.ts'
import { type NaiveOffer, NOTHING_BID, naiveBid } from './auction-naive.ts'
import { auctions, eachStep, eventsOf, moveOf, offers, RUNS, statesOf } from './auction-random.ts'

describe('a run of bids', PATIENTLY, () => {
  test('gives the price and the leader that all maximums, kept and sorted, would give', () => {
    const run = (start: AuctionState, made: readonly NaiveOffer[]): void => {
      let state = start
      let naive = NOTHING_BID
      for (const offer of made) {
        const decision = decide(state, moveOf(offer))
        const expected = naiveBid(state.terms, naive, offer)
        expect(decision.kind).toBe(expected === undefined ? 'rejected' : 'accepted')
        naive = expected ?? naive
        state = decision.kind === 'accepted' ? foldAuction(state, decision.events) : state
        expect(state.standing.currentPrice).toBe(naive.price)
        expect(state.standing.leader?.id).toBe(naive.maximums[0]?.bidder)
        expect(state.leading?.maximum).toBe(naive.maximums[0]?.maximum)
        expect(state.standing.bidderCount).toBe(naive.maximums.length)
      }
    }
    fc.assert(fc.property(auctions, offers, run), RUNS)
  })

  test('never lowers the price, not even between two entries of one command', () => {
    const run = (start: AuctionState, made: readonly NaiveOffer[]): void =>
      eachStep(statesOf(start, made.map(moveOf)), (before, next) => {
        expect(next.standing.currentPrice ?? 0).toBeGreaterThanOrEqual(before.standing.currentPrice ?? 0)
      })
    fc.assert(fc.property(auctions, offers, run), RUNS)
  })

  test('keeps the price between the starting price and the leading maximum, which is the leader’s', () => {
    const run = (start: AuctionState, made: readonly NaiveOffer[]): void => {
      let state = start
      for (const offer of made) {
        state = foldAuction(state, eventsOf(state, moveOf(offer)))
        const { leading, standing, terms } = state
        expect(leading?.bidder).toEqual(standing.leader ?? undefined)
        if (leading === null) continue
        expect(standing.currentPrice).toBeLessThanOrEqual(leading.maximum)
        expect(standing.currentPrice).toBeGreaterThanOrEqual(terms.startingPrice)
      }
    }
    fc.assert(fc.property(auctions, offers, run), RUNS)
  })

  test('puts in front the highest maximum, the earliest among equals', () => {
    const run = (start: AuctionState, made: readonly NaiveOffer[]): void => {
      let state = start
      const latest = new Map<string, { maximum: number; sequence: number }>()
      for (const offer of made) {
        const events = eventsOf(state, moveOf(offer))
        state = foldAuction(state, events)
        for (const event of events) {
          if (event.type === 'MaximumSet') latest.set(event.maximum.bidder.id, event.maximum)
        }
        const [best] = [...latest.values()].sort(
          (one, other) => other.maximum - one.maximum || one.sequence - other.sequence,
        )
        expect(state.leading ?? undefined).toEqual(best)
      }
    }
    fc.assert(fc.property(auctions, offers, run), RUNS)
  })

  test('meets the reserve exactly when the price reaches it, and says so once', () => {
    const run = (start: AuctionState, made: readonly NaiveOffer[]): void => {
      let told = 0
      let state = start
      for (const event of made.map(moveOf)) {
        const events = eventsOf(state, event)
        told += events.filter(({ type }) => type === 'ReserveMet').length
        state = foldAuction(state, events)
        const { reservePrice } = state.terms
        const isMet = reservePrice === null || (state.standing.currentPrice ?? 0) >= reservePrice
        expect(state.standing.reserveMet).toBe(isMet)
        expect(told).toBe(reservePrice !== null && isMet ? 1 : 0)
      }
    }
    fc.assert(fc.property(auctions, offers, run), RUNS)
  })

  test('numbers visible bids and maximums without a hole', () => {
    const run = (start: AuctionState, made: readonly NaiveOffer[]): void => {
      let state = start
      const bids: number[] = []
      const maximums: number[] = []
      for (const offer of made) {
        const events = eventsOf(state, moveOf(offer))
        for (const event of events) {
          if (event.type === 'BidPlaced') bids.push(event.bid.sequence)
          if (event.type === 'MaximumSet') maximums.push(event.maximum.sequence)
        }
        state = foldAuction(state, events)
      }
      expect(bids).toEqual(bids.map((_, index) => index + 1))
      expect(maximums).toEqual(maximums.map((_, index) => index + 1))
      expect(state).toMatchObject({ commandCount: maximums.length, standing: { bidCount: bids.length } })
    }
    fc.assert(fc.property(auctions, offers, run), RUNS)
  })

  test('takes the least bid from a newcomer and refuses one less', () => {
    const run = (start: AuctionState, made: readonly NaiveOffer[]): void => {
      const state = statesOf(start, made.map(moveOf)).at(-1) ?? start
      const minimum = minimumBid(state)
      expect(decide(state, bid('Newcomer', { amount: minimum })).kind).toBe('accepted')
      expect(decide(state, bid('Newcomer', { amount: minimum - 1 }))).toMatchObject({
        rejection: { code: 'BID_BELOW_MINIMUM', minimum },
      })
    }
    fc.assert(fc.property(auctions, offers, run), RUNS)
  })
})
