import { describe, expect, test } from 'vitest'
import type { AuctionStanding, AuctionState } from '../../src/domain/auction/auction.ts'
import { isPublicEvent } from '../../src/domain/auction/event.ts'
import { evolveAuction } from '../../src/domain/auction/evolve.ts'
import { latestEnd } from '../../src/domain/auction/soft-close.ts'
import { availableIn } from '../../src/domain/wallet/transfer.ts'
import { PATIENTLY } from '../support/runs.ts'
import { bid } from './auction-given.ts'
import { accountsOf, afterIn, everyScene, type House, type Scene } from './auction-house.ts'
import { decideIn, eventsIn, type Sale, sale, tried } from './auction-sale.ts'

/** The lot of a scene right after it. */
function lotOf({ after, lot }: Pick<Scene, 'after' | 'lot'>): Sale {
  const found = after.lots[lot]
  if (found === undefined) throw new RangeError(`there is no lot ${lot}`)
  return found
}

/** The lot of a scene, after each of its events. */
function statesOf({ before, lot, decision }: Scene): readonly AuctionState[] {
  let state = lotOf({ after: before, lot }).state
  const events = decision.kind === 'accepted' ? decision.events : []
  return [
    state,
    ...events.map((event) => {
      state = evolveAuction(state, event)
      return state
    }),
  ]
}

/** The highest ceiling among the commands that count, the earliest among equals. */
function bestOf({ past }: Sale): { readonly bidder: string; readonly maximum: number } | undefined {
  const ceilings = new Map<
    string,
    { readonly bidder: string; readonly maximum: number; readonly since: number }
  >()
  for (const { bidder, offer, sequence, struckAt } of past.commands) {
    const known = ceilings.get(bidder.id)
    if (struckAt !== null || (known !== undefined && known.maximum >= offer.value)) continue
    ceilings.set(bidder.id, { bidder: bidder.id, maximum: offer.value, since: sequence })
  }
  const [best] = [...ceilings.values()].sort(
    (one, other) => other.maximum - one.maximum || one.since - other.since,
  )
  return best
}

/** What an auction must hold, and of whom: while it is open, the whole ceiling of its leader. */
function promisedIn(sale: Sale): readonly (readonly [bidder: string, maximum: number])[] {
  const isOpen = ['LIVE', 'PAUSED'].includes(sale.state.standing.phase)
  const best = bestOf(sale)
  return isOpen && best !== undefined ? [[best.bidder, best.maximum]] : []
}

/** What an auction holds of each bidder, by the ledger alone. */
function holdsOf({ ledger }: House, lot: number): ReadonlyMap<string, number> {
  const accounts = accountsOf(ledger.filter((line) => line.lot === lot))
  const held = [...accounts].filter(([name, value]) => name.startsWith('held ') && value !== 0)
  return new Map(held.map(([name, value]) => [name.slice('held '.length), value]))
}

describe(
  'in funded auctions with voided bids, whose bidders spend the same money in all of them',
  PATIENTLY,
  () => {
    test('the price falls only where a bid is voided', () => {
      everyScene((scene) => {
        if (scene.step.command.kind === 'voidBid') return
        statesOf(scene).reduce((before, next) => {
          expect(next.standing.currentPrice ?? 0).toBeGreaterThanOrEqual(before.standing.currentPrice ?? 0)
          return next
        })
      })
    })

    test('the price lies between the starting price and the ceiling of the leader', () => {
      everyScene((scene) => {
        const { leading, standing, terms } = lotOf(scene).state
        expect(leading?.bidder).toEqual(standing.leader ?? undefined)
        expect(leading === null).toBe(standing.currentPrice === null)
        if (leading === null) return
        expect(standing.currentPrice).toBeLessThanOrEqual(leading.maximum)
        expect(standing.currentPrice).toBeGreaterThanOrEqual(terms.startingPrice)
      })
    })

    test('the leader has the highest ceiling of the commands that count, the earliest among equals', () => {
      everyScene((scene) => {
        const found = lotOf(scene)
        const { leading } = found.state
        expect(leading?.bidder.id).toBe(bestOf(found)?.bidder)
        expect(leading?.maximum).toBe(bestOf(found)?.maximum)
      })
    })

    test('the reserve is met exactly when the price reaches it', () => {
      everyScene((scene) => {
        const { terms, standing } = lotOf(scene).state
        const isMet = terms.reservePrice === null || (standing.currentPrice ?? 0) >= terms.reservePrice
        expect(standing.reserveMet).toBe(isMet)
      })
    })

    test('the end is never shortened, and never passes the cap', () => {
      everyScene((scene) => {
        statesOf(scene).reduce((before, next) => {
          expect(next.standing.endsAt).toBeGreaterThanOrEqual(before.standing.endsAt)
          expect(next.standing.endsAt).toBeLessThanOrEqual(latestEnd(next))
          return next
        })
      })
    })

    test('nobody spends what is not there, and what is held is what leaders promised', () => {
      everyScene(({ after }) => {
        const promised = after.lots.flatMap(promisedIn)
        for (const [userId, wallet] of after.wallets) {
          const own = promised.filter(([bidder]) => bidder === userId)
          expect(availableIn(wallet)).toBeGreaterThanOrEqual(0)
          expect(wallet.held).toBe(own.reduce((sum, [, maximum]) => sum + maximum, 0))
        }
      })
    })

    test('an auction holds money of at most one bidder, all of the ceiling, by the ledger', () => {
      everyScene(({ after, lot }) => {
        expect(holdsOf(after, lot)).toEqual(new Map(promisedIn(lotOf({ after, lot }))))
      })
    })

    test('debits equal credits, and wallets and house together have what was credited, which is nothing', () => {
      everyScene(({ after }) => {
        const accounts = accountsOf(after.ledger)
        expect([...accounts.values()].reduce((sum, value) => sum + value, 0)).toBe(0)
        for (const { transfer } of after.ledger) {
          expect(transfer.amount).toBeGreaterThan(0)
          expect(transfer.debit).not.toEqual(transfer.credit)
        }
        let total = accounts.get('house') ?? 0
        for (const [userId, { balance, held }] of after.wallets) {
          expect(accounts.get(`available ${userId}`) ?? 0).toBe(balance - held)
          expect(accounts.get(`held ${userId}`) ?? 0).toBe(held)
          total += balance
        }
        expect(total).toBe(0)
      })
    })

    test('a sale brings the seller its price once, and nothing else does', () => {
      everyScene(
        () => undefined,
        (house) => {
          const prices = house.lots.flatMap(({ state }) => state.standing.winner?.price ?? [])
          const captured = house.ledger.flatMap(({ transfer }) =>
            transfer.kind === 'CAPTURE' ? transfer.amount : [],
          )
          expect(captured.toSorted()).toEqual(prices.toSorted())
        },
      )
    })

    test('all events from the beginning on give what stands, and the last entry shows it', () => {
      everyScene((scene) => {
        const { before, after, lot, decision } = scene
        if (decision.kind !== 'accepted') return
        const again = afterIn(before, lot, structuredClone(decision.events))
        expect(lotOf({ after: again, lot })).toEqual(lotOf(scene))
        expect(again.wallets).toEqual(after.wallets)
        expect(shownBy(scene)).toEqual(lotOf(scene).state.standing)
      })
    })

    test('a refusal changes nothing, and repeating what sets a state does nothing', () => {
      everyScene((scene) => {
        const { step, decision, before, after } = scene
        if (decision.kind !== 'accepted') expect(after).toBe(before)
        else if (step.command.kind !== 'placeBid' && step.command.kind !== 'buyNow') {
          expect(decideIn(lotOf(scene), step)).toMatchObject({ kind: 'accepted', events: [] })
        }
      })
    })

    test('nothing happens in an auction that is over', () => {
      everyScene(({ before, lot, decision }) => {
        const { phase } = lotOf({ after: before, lot }).state.standing
        if (decision.kind !== 'accepted' || !['SOLD', 'UNSOLD', 'CANCELLED'].includes(phase)) return
        expect(decision.events).toEqual([])
      })
    })

    test('voiding is never refused for want of money', () => {
      everyScene(({ step, decision }) => {
        if (step.command.kind !== 'voidBid' || decision.kind === 'accepted') return
        expect(decision).toMatchObject({ rejection: { code: 'INVALID_TRANSITION' } })
      })
    })

    test('bids are counted and numbered so that none gets the number of another', () => {
      everyScene((scene) => {
        const { state, past } = lotOf(scene)
        const counting = past.commands.filter(({ struckAt }) => struckAt === null)
        expect(past.bids.map(({ sequence }) => sequence)).toEqual(past.bids.map((_, index) => index + 1))
        expect(past.commands.map(({ sequence }) => sequence)).toEqual(
          past.commands.map((_, index) => index + 1),
        )
        expect(state.standing.bidCount).toBe(past.bids.filter(({ voidedAt }) => voidedAt === null).length)
        expect(state.standing.bidderCount).toBe(new Set(counting.map(({ bidder }) => bidder.id)).size)
      })
    })

    test('voiding marks the bidder’s bids that rest on its command or a later one, and strikes those commands', () => {
      const behind = new Map<string, number>()
      everyScene((scene) => {
        const { step, decision, before, lot } = scene
        const then = lotOf({ after: before, lot })
        for (const [id, sequence] of commandsBehind(scene)) behind.set(`${lot} ${id}`, sequence)
        const { command } = step
        if (command.kind !== 'voidBid' || decision.kind !== 'accepted' || decision.events.length === 0) return
        const voided = then.past.bids.find(({ id }) => id === command.bidId)
        const from = behind.get(`${lot} ${command.bidId}`) ?? Number.NaN
        const now = lotOf(scene).past
        for (const [index, { id, bidder, voidedAt }] of now.bids.entries()) {
          const isGone = bidder.id === voided?.bidder.id && (behind.get(`${lot} ${id}`) ?? Number.NaN) >= from
          expect(voidedAt).toBe(then.past.bids[index]?.voidedAt ?? (isGone ? step.now : null))
        }
        for (const { bidder, sequence, struckAt } of now.commands) {
          if (bidder.id === voided?.bidder.id && sequence >= from) expect(struckAt).not.toBeNull()
        }
      })
    })

    test('an auction stands as the commands that count give, played again from the start', () => {
      everyScene((scene) => {
        if (scene.step.command.kind !== 'voidBid') return
        const { state, past } = lotOf(scene)
        const { increments, reservePrice, startingPrice } = state.terms
        let again = sale({ increments, startingPrice, ...(reservePrice === null ? {} : { reservePrice }) })
        for (const { bidder, offer, struckAt } of past.commands) {
          if (struckAt !== null) continue
          const step = bid(bidder.name, { [offer.kind]: offer.value })
          eventsIn(again, step)
          again = tried(again, step)
        }
        expect(again.state.leading?.maximum).toBe(state.leading?.maximum)
        expect(again.state.standing.leader).toEqual(state.standing.leader)
        expect(again.state.standing.currentPrice).toBe(state.standing.currentPrice)
        expect(again.state.standing.reserveMet).toBe(state.standing.reserveMet)
      })
    })
  },
)

/** By the ids of the visible bids that a scene made: the command that each rests on, as the ceilings of the moment say. */
function commandsBehind({ before, lot, decision }: Scene): readonly (readonly [string, number])[] {
  const then = lotOf({ after: before, lot }).state
  const events = decision.kind === 'accepted' ? decision.events : []
  const own = events.flatMap((event) => (event.type === 'CeilingSet' ? event.ceiling : []))[0]
  return events.flatMap((event) => {
    if (event.type !== 'BidPlaced') return []
    const { id, bidder } = event.bid
    const ceiling = bidder.id === own?.bidder.id ? own : then.leading
    return [[id, ceiling?.sequence ?? Number.NaN] as const]
  })
}

/** What the last entry of the scene showed; where it made none, what stood before. */
function shownBy(scene: Scene): AuctionStanding | undefined {
  const { decision } = scene
  const states = statesOf(scene)
  const events = decision.kind === 'accepted' ? decision.events : []
  const last = events.findLastIndex(isPublicEvent)
  return states[last + 1]?.standing
}
