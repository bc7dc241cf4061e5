import { describe, expect, test } from 'vitest'
import type { AuctionStanding, AuctionState } from '../../../src/features/auctions/rules/auction.ts'
import { isPublicEvent } from '../../../src/features/auctions/rules/event.ts'
import { evolveAuction } from '../../../src/features/auctions/rules/evolve.ts'
import { recompute } from '../../../src/features/auctions/rules/recompute.ts'
import { latestEnd } from '../../../src/features/auctions/rules/soft-close.ts'
import { availableIn } from '../../../src/features/wallets/rules/transfer.ts'
import { PATIENTLY } from '../../support/runs.ts'
import { bid } from './auction-fixtures.ts'
import { accountsOf, afterIn, everyScene, type House, type Scene } from './auction-model.ts'
import { decideIn, eventsIn, type Sale, sale, tried } from './auction-sale.ts'

/** The lot of a scene right after it. */
function lotOf({ after, lot }: Pick<Scene, 'after' | 'lot'>): Sale {
  const found = after.lots[lot]
  if (found === undefined) throw new RangeError(`no lot ${lot}`)
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

/** The highest maximum among the commands that count, the earliest among equals. */
function bestOf({ bidHistory }: Sale): { readonly bidder: string; readonly maximum: number } | undefined {
  const maximums = new Map<
    string,
    { readonly bidder: string; readonly maximum: number; readonly since: number }
  >()
  for (const { bidder, offer, sequence, voidedAt } of bidHistory.commands) {
    const known = maximums.get(bidder.id)
    if (voidedAt !== null || (known !== undefined && known.maximum >= offer.value)) continue
    maximums.set(bidder.id, { bidder: bidder.id, maximum: offer.value, since: sequence })
  }
  const [best] = [...maximums.values()].sort(
    (one, other) => other.maximum - one.maximum || one.since - other.since,
  )
  return best
}

/** What an auction must hold, and of whom: while it is open, the whole maximum of its leader. */
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
        if (scene.step.command.kind.startsWith('void')) return
        statesOf(scene).reduce((before, next) => {
          expect(next.standing.currentPrice ?? 0).toBeGreaterThanOrEqual(before.standing.currentPrice ?? 0)
          return next
        })
      })
    })

    test('the price lies between the starting price and the maximum of the leader', () => {
      everyScene((scene) => {
        const { leading, standing, terms } = lotOf(scene).state
        expect(leading?.bidder).toEqual(standing.leader ?? undefined)
        expect(leading === null).toBe(standing.currentPrice === null)
        if (leading === null) return
        expect(standing.currentPrice).toBeLessThanOrEqual(leading.maximum)
        expect(standing.currentPrice).toBeGreaterThanOrEqual(terms.startingPrice)
      })
    })

    test('the leader has the highest maximum of the commands that count, the earliest among equals', () => {
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

    test('nobody overspends, and holds equal the maximums of leaders', () => {
      everyScene(({ after }) => {
        const promised = after.lots.flatMap(promisedIn)
        for (const [userId, wallet] of after.wallets) {
          const own = promised.filter(([bidder]) => bidder === userId)
          expect(availableIn(wallet)).toBeGreaterThanOrEqual(0)
          expect(wallet.held).toBe(own.reduce((sum, [, maximum]) => sum + maximum, 0))
        }
      })
    })

    test('an auction holds money of at most one bidder, all of the maximum, by the ledger', () => {
      everyScene(({ after, lot }) => {
        expect(holdsOf(after, lot)).toEqual(new Map(promisedIn(lotOf({ after, lot }))))
      })
    })

    test('debits equal credits, and wallets and issuer sum to zero', () => {
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

    test('folding all events gives the current state, and the last entry shows it', () => {
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

    test('bids are numbered so that none gets the number of another', () => {
      everyScene((scene) => {
        const { bidHistory } = lotOf(scene)
        expect(bidHistory.bids.map(({ sequence }) => sequence)).toEqual(
          bidHistory.bids.map((_, index) => index + 1),
        )
        expect(bidHistory.commands.map(({ sequence }) => sequence)).toEqual(
          bidHistory.commands.map((_, index) => index + 1),
        )
      })
    })

    test('price, leader and counts match the valid bids, in ascending order', () => {
      everyScene((scene) => {
        const { state, bidHistory } = lotOf(scene)
        const { currentPrice, leader, bidCount, bidderCount, voidedBidCount = 0 } = state.standing
        const standing = bidHistory.bids.filter(({ voidedAt }) => voidedAt === null)
        const amounts = standing.map((each) => each.amount)
        expect(bidCount).toBe(standing.length)
        expect(voidedBidCount).toBe(bidHistory.bids.length - standing.length)
        expect(bidderCount).toBe(new Set(standing.map(({ bidder }) => bidder.id)).size)
        expect(amounts).toEqual(amounts.toSorted((one, other) => one - other))
        expect(currentPrice).toBe(amounts.at(-1) ?? null)
        const atThePrice = standing.filter((each) => each.amount === currentPrice)
        expect(atThePrice.some(({ bidder }) => bidder.id === leader?.id)).toBe(leader !== null)
      })
    })

    test('every standing bid is one that the commands that count yield', () => {
      everyScene((scene) => {
        const { state, bidHistory } = lotOf(scene)
        const counting = bidHistory.commands.filter(({ voidedAt }) => voidedAt === null)
        const { behind, refused } = recompute(state, counting, scene.step.now)
        expect(refused).toEqual(new Set())
        const standing = bidHistory.bids.filter(({ voidedAt }) => voidedAt === null)
        expect([...behind(standing).values()]).not.toContain(undefined)
      })
    })

    test('voiding voids the named bid and all later bids and commands of its bidder, and gives each its reason', () => {
      everyScene((scene) => {
        const { step, decision, before, lot } = scene
        const { command } = step
        if (command.kind !== 'voidBid' || decision.kind !== 'accepted' || decision.events.length === 0) return
        const then = lotOf({ after: before, lot }).bidHistory
        const named = then.bids.find(({ id }) => id === command.bidId)
        const event = decision.events.find(({ type }) => type === 'BidVoided')
        const now = lotOf(scene).bidHistory
        const changed = now.bids.filter((made, index) => made.voidedAt !== then.bids[index]?.voidedAt)
        if (event === undefined) return expect(changed).toEqual([])
        if (named === undefined || event.type !== 'BidVoided') return expect.unreachable()
        expect(event.bids).toEqual(changed.filter(({ voidedAt }) => voidedAt !== null))
        if (named.voidedAt === null) expect(event.bids.find(({ id }) => id === named.id)).toEqual(event.bid)
        else expect(event.bid).toEqual(named)
        for (const { bidder, sequence, voidedAt, voidReason } of now.bids.slice(0, then.bids.length)) {
          if (bidder.id === named.bidder.id && sequence >= named.sequence) expect(voidedAt).not.toBeNull()
          expect(voidReason === null).toBe(voidedAt === null)
        }
        for (const { bidder, voidReason } of event.bids) {
          if (voidReason === 'MODERATED') expect(bidder.id).toBe(named.bidder.id)
        }
      })
    })

    test('voiding a bidder leaves none of their bids and commands', () => {
      everyScene((scene) => {
        const { command } = scene.step
        if (command.kind !== 'voidBidder' || scene.decision.kind !== 'accepted') return
        const { bidHistory, state } = lotOf(scene)
        const own = [...bidHistory.bids, ...bidHistory.commands].filter(
          ({ bidder }) => bidder.id === command.bidderId,
        )
        for (const { voidedAt } of own) expect(voidedAt).not.toBeNull()
        expect(state.standing.leader?.id).not.toBe(command.bidderId)
      })
    })

    test('voiding makes BidVoided, at most one bid of the leader, at most one extension, in this order', () => {
      everyScene((scene) => {
        const { step, decision } = scene
        if (step.command.kind !== 'voidBid' || decision.kind !== 'accepted') return
        const types = decision.events.filter(isPublicEvent).map(({ type }) => type)
        const made = types.filter((type) => type !== 'AuctionStarted').join(' ')
        expect(made).toMatch(/^(BidVoided( BidPlaced)?( AuctionExtended)?)?$/)
      })
    })

    test('the auction equals a replay of its valid commands from the start', () => {
      everyScene((scene) => {
        if (scene.step.command.kind !== 'voidBid') return
        const { state, bidHistory } = lotOf(scene)
        const { increments, reservePrice, startingPrice } = state.terms
        let again = sale({ increments, startingPrice, ...(reservePrice === null ? {} : { reservePrice }) })
        for (const { bidder, offer, voidedAt } of bidHistory.commands) {
          if (voidedAt !== null) continue
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

/** What the last entry of the scene showed; where it made none, what stood before. */
function shownBy(scene: Scene): AuctionStanding | undefined {
  const { decision } = scene
  const states = statesOf(scene)
  const events = decision.kind === 'accepted' ? decision.events : []
  const last = events.findLastIndex(isPublicEvent)
  return states[last + 1]?.standing
}
