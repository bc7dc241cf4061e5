import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuctionState } from '../../src/domain/auction/auction.ts'
import { evolveAuction } from '../../src/domain/auction/evolve.ts'
import { holdOf } from '../../src/domain/auction/money.ts'
import { evolvePast, NOTHING_PAST, type Past } from '../../src/domain/auction/past.ts'
import { evolveWallets, type Transfer, type Wallets } from '../../src/domain/wallet/transfer.ts'
import { amount } from '../../src/kernel/amount.ts'
import { asBidId, asUserId } from '../../src/kernel/id.ts'
import { auction, cancel, control, decide, type Move, move, user } from './auction-given.ts'
import { offers, RUNS } from './auction-random.ts'

const TOTAL = 6_500
const FUNDS = { A: 600, B: 1_400, C: 2_000, D: 2_500 }
const OWNER = user('Owner')

interface Played {
  readonly state: AuctionState
  readonly wallets: Wallets
  readonly past: Past
  readonly transfers: readonly Transfer[]
}

function funded(): Played {
  const state = auction({ reservePrice: 900 })
  const wallets = Object.entries(FUNDS).map(
    ([name, balance]) =>
      [asUserId(name), { currency: 'EUR', balance: amount(balance), held: amount(0) }] as const,
  )
  return {
    state: { ...state, terms: { ...state.terms, funded: true } },
    wallets: new Map(wallets),
    past: NOTHING_PAST,
    transfers: [],
  }
}

function play(before: Played, step: Move): Played {
  const decision = decide(before.state, { ...step, wallets: before.wallets, past: before.past })
  if (decision.kind !== 'accepted') return before
  return decision.events.reduce<Played>(({ state, wallets, past, transfers }, event) => {
    const isMoved = event.type === 'FundsMoved'
    return {
      state: evolveAuction(state, event),
      wallets: isMoved ? evolveWallets(wallets, event.transfer) : wallets,
      past: evolvePast(past, event),
      transfers: isMoved ? [...transfers, event.transfer] : transfers,
    }
  }, before)
}

/** Bids, and between them a number says which of the bids so far is voided. */
const runs = fc.tuple(offers, fc.array(fc.option(fc.nat(60)), { maxLength: 40 }))
const endings = fc.constantFrom(control('hammer'), cancel('Withdrawn'))

function eachState(
  [made, voided]: readonly [
    readonly { bidder: string; kind: 'amount' | 'maximum'; value: number }[],
    readonly (number | null)[],
  ],
  check: (played: Played) => void,
): Played {
  let played = funded()
  for (const [index, { bidder, kind, value }] of made.entries()) {
    const ids = { bidId: asBidId(`own_${index}`), answerId: asBidId(`answer_${index}`) }
    const offer = { amount: null, maximum: null, [kind]: value }
    played = play(played, move({ kind: 'placeBid', ...offer, ...ids }, user(bidder)))
    check(played)
    const target = played.past.bids[voided[index] ?? -1]
    if (target === undefined) continue
    played = play(played, move({ kind: 'voidBid', bidId: target.id, reason: '' }, OWNER))
    check(played)
  }
  return played
}

function checkMoney({ state, wallets }: Played): void {
  const hold = holdOf(state)
  let total = 0
  for (const [userId, { balance, held }] of wallets) {
    total += balance
    expect(held).toBeGreaterThanOrEqual(0)
    expect(balance - held).toBeGreaterThanOrEqual(0)
    expect(held).toBe(hold?.userId === userId ? hold.amount : 0)
  }
  expect(total).toBe(TOTAL)
}

describe('a funded auction with voided bids', () => {
  test('holds exactly the leading ceiling, spends nothing twice and loses nothing', () => {
    const run = (given: Parameters<typeof eachState>[0], ending: Move): void =>
      checkMoney(play(eachState(given, checkMoney), ending))
    fc.assert(fc.property(runs, endings, run), RUNS)
  })

  test('counts and numbers bids so that none gets the number of another', () => {
    const run = (given: Parameters<typeof eachState>[0]): void => {
      eachState(given, ({ state, past }) => {
        const numbers = past.bids.map(({ sequence }) => sequence)
        expect(numbers).toEqual(numbers.map((_, index) => index + 1))
        expect(state.standing.bidCount).toBe(past.bids.filter(({ voidedAt }) => voidedAt === null).length)
        expect(state.standing.bidderCount).toBe(new Set(past.commands.map(({ bidder }) => bidder.id)).size)
      })
    }
    fc.assert(fc.property(runs, run), RUNS)
  })

  test('stands as the commands that are left give, played again from the start', () => {
    const run = (given: Parameters<typeof eachState>[0]): void => {
      const { state, past } = eachState(given, () => undefined)
      const fresh = funded().state
      let again: Played = { ...funded(), state: { ...fresh, terms: { ...fresh.terms, funded: false } } }
      for (const { sequence, bidder, offer } of past.commands) {
        const ids = { bidId: asBidId(`own_${sequence}`), answerId: asBidId(`answer_${sequence}`) }
        const value = { amount: null, maximum: null, [offer.kind]: offer.value }
        again = play(again, move({ kind: 'placeBid', ...value, ...ids }, user(bidder.name)))
      }
      expect(again.state.leading?.maximum).toBe(state.leading?.maximum)
      expect(again.state.standing.leader).toEqual(state.standing.leader)
      expect(again.state.standing.currentPrice).toBe(state.standing.currentPrice)
      expect(again.state.standing.reserveMet).toBe(state.standing.reserveMet)
    }
    fc.assert(fc.property(runs, run), RUNS)
  })
})
