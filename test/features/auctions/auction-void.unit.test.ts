import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { asBidId } from '../../../src/features/auctions/ids.ts'
import { isPublicEvent } from '../../../src/features/auctions/rules/event.ts'
import { evolveAuction } from '../../../src/features/auctions/rules/evolve.ts'
import { minimumBid, offeredBuyNow } from '../../../src/features/auctions/rules/offered.ts'
import {
  applyDue,
  at,
  buy,
  cancel,
  control,
  exactly,
  MINUTE_MS,
  type Move,
  NOW,
  room,
  SELLER,
  standingOf,
  upTo,
  user,
} from './auction-fixtures.ts'
import {
  bidIn,
  bidsIn,
  decideIn,
  eventsIn,
  moneyIn,
  playedIn,
  type Sale,
  sale,
  spending,
  striking,
  strikingAll,
  without,
} from './auction-sale.ts'

const typesIn = (before: Sale, step: Move): readonly string[] =>
  eventsIn(before, step).map(({ type }) => type)
const voidedIn = ({ bidHistory }: Sale): readonly number[] =>
  bidHistory.commands.flatMap(({ sequence, voidedAt }) => (voidedAt === null ? [] : sequence))
const maximumIn = ({ state }: Sale): number | undefined => state.leading?.maximum

describe('voiding the bid of a challenger whom A’s proxy of 1500 answered', () => {
  const answered = playedIn(sale(), upTo('A', 1500), upTo('B', 1000))
  const voided = without(answered, 'B', 1000)

  test('takes the price back to what A alone gives', () => {
    expect(standingOf(answered.state)).toEqual(['A', 1050])
    expect(standingOf(voided.state)).toEqual(['A', 500])
    expect(maximumIn(voided)).toBe(1500)
  })

  test('marks that bid, and the answer to it', () => {
    expect(bidsIn(voided)).toEqual(['A 500', 'B 1000 MODERATED', 'A 1050 RECOMPUTED'])
    expect(voided.bidHistory.bids.map(({ voidedAt }) => voidedAt)).toEqual([null, NOW, NOW])
    expect(voided.state.standing).toMatchObject({ bidCount: 1, voidedBidCount: 2, bidderCount: 1 })
  })

  test('is one entry, with the bid, all bids that go with it, and the reason', () => {
    const events = eventsIn(answered, striking(bidIn(answered, 'B', 1000), user('Owner'), 'Mistyped.'))
    expect(events.filter(isPublicEvent)).toMatchObject([
      {
        type: 'BidVoided',
        bid: { bidder: { id: 'B' }, amount: 1000, voidedAt: NOW, voidReason: 'MODERATED' },
        bids: [
          { bidder: { id: 'B' }, amount: 1000, voidedAt: NOW, voidReason: 'MODERATED' },
          { bidder: { id: 'A' }, amount: 1050, voidedAt: NOW, voidReason: 'RECOMPUTED' },
        ],
        reason: 'Mistyped.',
      },
    ])
    expect(events[0]).toMatchObject({ type: 'CommandsVoided', sequences: [2], reason: 'Mistyped.' })
  })

  test('leaves the next challenger the proxy and the lower minimum', () => {
    expect(minimumBid(voided.state)).toBe(550)
    expect(standingOf(playedIn(voided, upTo('C', 600)).state)).toEqual(['A', 650])
    expect(standingOf(playedIn(voided, upTo('C', 1600)).state)).toEqual(['C', 1550])
  })

  test('lets the bidder return, counted again, under the next sequence', () => {
    const back = playedIn(voided, exactly('B', 2000))
    expect(standingOf(back.state)).toEqual(['B', 2000])
    expect(back.state.standing).toMatchObject({ bidCount: 2, bidderCount: 2 })
    expect(back.bidHistory.bids.at(-1)?.sequence).toBe(4)
  })

  test('with others between takes back only what it brought', () => {
    const others = playedIn(sale(), upTo('A', 1500), upTo('C', 800), upTo('B', 1000), upTo('D', 1100))
    expect(standingOf(others.state)).toEqual(['A', 1150])
    expect(standingOf(without(others, 'B', 1000).state)).toEqual(['A', 1150])
    expect(standingOf(without(others, 'D', 1100).state)).toEqual(['A', 1050])
    expect(standingOf(without(without(others, 'D', 1100), 'B', 1000).state)).toEqual(['A', 850])
  })
})

describe('voiding the bid of the leader', () => {
  test('returns the lead to the beaten bidder at the earlier price', () => {
    const beaten = playedIn(sale(), upTo('A', 1500), upTo('C', 1200), upTo('B', 2000))
    expect(standingOf(beaten.state)).toEqual(['B', 1550])
    const back = without(beaten, 'B', 1550)
    expect(standingOf(back.state)).toEqual(['A', 1250])
    expect(maximumIn(back)).toBe(1500)
  })

  test('by hand leaves the bid by hand before it', () => {
    const byHand = playedIn(sale(), exactly('A', 700), exactly('B', 800))
    expect(standingOf(without(byHand, 'B', 800).state)).toEqual(['A', 700])
  })

  test('lets an answered challenger lead alone if no other bidder is left', () => {
    const answered = playedIn(sale(), upTo('A', 1500), upTo('B', 1000))
    const alone = without(answered, 'A', 500)
    expect(standingOf(alone.state)).toEqual(['B', 500])
    expect(maximumIn(alone)).toBe(1000)
    expect(bidsIn(alone)).toEqual(['A 500 MODERATED', 'B 1000 RECOMPUTED', 'A 1050 MODERATED', 'B 500'])
  })

  test('of the only bidder leaves an auction without bids', () => {
    const alone = without(playedIn(sale(), exactly('A', 700)), 'A', 700)
    expect(alone.state).toMatchObject({ leading: null, standing: { currentPrice: null, leader: null } })
    expect(alone.state.standing).toMatchObject({ bidCount: 0, bidderCount: 0 })
    expect(minimumBid(alone.state)).toBe(500)
    expect(decideIn(alone, control('hammer'))).toMatchObject({ rejection: { code: 'NO_BID_TO_HAMMER' } })
    expect(typesIn(alone, applyDue(at('15:00')))).toEqual(['AuctionUnsold'])
  })
})

describe('voiding one of several bids of a bidder', () => {
  // A leads at 500, B at 650, A at 1050, A by hand at 1300.
  const several = playedIn(sale(), upTo('A', 600), upTo('B', 1000), upTo('A', 1200), exactly('A', 1300))

  test('strikes its command and all later ones, and no earlier one', () => {
    const voided = without(several, 'A', 1050)
    expect(bidsIn(voided)).toEqual(['A 500', 'B 650', 'A 1050 MODERATED', 'A 1300 MODERATED'])
    expect(standingOf(voided.state)).toEqual(['B', 650])
    expect(voidedIn(voided)).toEqual([3, 4])
  })

  test('that was the first strikes all of them', () => {
    const voided = without(several, 'A', 500)
    expect(bidsIn(voided)).toEqual([
      ...['A 500 MODERATED', 'B 650 RECOMPUTED', 'A 1050 MODERATED', 'A 1300 MODERATED'],
      'B 500',
    ])
    expect(standingOf(voided.state)).toEqual(['B', 500])
    expect(voided.state.standing).toMatchObject({ bidCount: 1, bidderCount: 1 })
  })

  test('strikes the maximum that was raised unseen after it', () => {
    const raised = playedIn(sale(), upTo('A', 900), upTo('A', 3000), upTo('B', 1000))
    expect(standingOf(raised.state)).toEqual(['A', 1050])
    const voided = without(raised, 'A', 500)
    expect(standingOf(voided.state)).toEqual(['B', 500])
    expect(bidsIn(voided)).toEqual(['A 500 MODERATED', 'B 1000 RECOMPUTED', 'A 1050 MODERATED', 'B 500'])
  })

  test('that is an answer strikes the maximum behind it and leaves the one before', () => {
    const raised = playedIn(sale(), upTo('A', 900), upTo('A', 3000), upTo('B', 1000))
    const voided = without(raised, 'A', 1050)
    expect(bidsIn(voided)).toEqual(['A 500', 'B 1000 RECOMPUTED', 'A 1050 MODERATED', 'B 950'])
    expect(standingOf(voided.state)).toEqual(['B', 950])
    expect(maximumIn(voided)).toBe(1000)
  })

  test('voids the answers caused by voided bids, and keeps earlier ones', () => {
    const answers = playedIn(sale(), upTo('A', 900), upTo('B', 600), upTo('A', 1500), upTo('C', 1000))
    expect(bidsIn(answers)).toEqual(['A 500', 'B 600', 'A 650', 'C 1000', 'A 1050'])
    const voided = without(answers, 'A', 1050)
    expect(bidsIn(voided)).toEqual([
      ...['A 500', 'B 600', 'A 650', 'C 1000 RECOMPUTED', 'A 1050 MODERATED'],
      'C 950',
    ])
    expect(standingOf(voided.state)).toEqual(['C', 950])
  })

  test('that went with the challenge before voids the maximum that still counts, and once', () => {
    const raised = playedIn(sale(), upTo('A', 900), upTo('A', 3000), upTo('B', 1000))
    const once = without(raised, 'B', 1000)
    expect(bidsIn(once)).toEqual(['A 500', 'B 1000 MODERATED', 'A 1050 RECOMPUTED'])
    expect(maximumIn(once)).toBe(3000)
    const twice = without(once, 'A', 1050)
    expect(maximumIn(twice)).toBe(900)
    expect(standingOf(twice.state)).toEqual(['A', 500])
    const again = playedIn(twice, upTo('A', 2000))
    expect(eventsIn(again, striking(bidIn(again, 'A', 1050)))).toEqual([])
  })

  test('that an earlier maximum still yields is placed again', () => {
    const raised = playedIn(sale(), upTo('A', 900), upTo('A', 3000), upTo('B', 600))
    const voided = without(raised, 'A', 650)
    expect(bidsIn(voided)).toEqual(['A 500', 'B 600', 'A 650 MODERATED', 'A 650'])
    expect(maximumIn(voided)).toBe(900)
    expect(bidsIn(without(voided, 'A', 650))).toEqual([
      ...['A 500 MODERATED', 'B 600 RECOMPUTED', 'A 650 MODERATED', 'A 650 MODERATED'],
      'B 500',
    ])
  })
})

describe('voiding a bid by hand below an automatic one', () => {
  // A by hand at 700, B for up to 3000 at 750.
  const beaten = playedIn(sale(), exactly('A', 700), upTo('B', 3000))

  test('makes the leader’s automatic bid at the recomputed price', () => {
    const voided = without(beaten, 'A', 700)
    expect(bidsIn(voided)).toEqual(['A 700 MODERATED', 'B 750 RECOMPUTED', 'B 500'])
    expect(voided.bidHistory.bids.at(-1)).toMatchObject({ kind: 'PROXY', sequence: 3, voidReason: null })
    expect(standingOf(voided.state)).toEqual(['B', 500])
    expect(voided.state.standing).toMatchObject({ bidCount: 1, voidedBidCount: 2, bidderCount: 1 })
  })

  test('shows the recomputed price and leader in BidVoided, and counts the new bid after it', () => {
    let state = beaten.state
    const shown = eventsIn(beaten, striking(bidIn(beaten, 'A', 700))).flatMap((event) => {
      state = evolveAuction(state, event)
      return isPublicEvent(event) ? [[event.type, ...standingOf(state), state.standing.bidCount]] : []
    })
    expect(shown).toEqual([
      ['BidVoided', 'B', 500, 0],
      ['BidPlaced', 'B', 500, 1],
    ])
  })

  test('lets the new bid be voided with all that is behind it', () => {
    const none = without(without(beaten, 'A', 700), 'B', 500)
    expect(standingOf(none.state)).toEqual([undefined, null])
    expect(voidedIn(none)).toEqual([1, 2])
  })

  test('keeps the new bid where a later challenge is voided', () => {
    const challenged = playedIn(without(beaten, 'A', 700), exactly('C', 800))
    expect(bidsIn(without(challenged, 'C', 800))).toEqual([
      ...['A 700 MODERATED', 'B 750 RECOMPUTED', 'B 500'],
      ...['C 800 MODERATED', 'B 850 RECOMPUTED'],
    ])
  })

  test('counts a bidder without a standing bid once when they bid again', () => {
    // B’s 750 goes; B’s maximum of 1000 still gives C’s price.
    const three = playedIn(sale(), exactly('A', 700), upTo('B', 1000), upTo('C', 3000))
    const voided = without(three, 'A', 700)
    expect(bidsIn(voided)).toEqual(['A 700 MODERATED', 'B 750 RECOMPUTED', 'C 1050'])
    expect(voided.state.standing).toMatchObject({ bidCount: 1, bidderCount: 1 })
    const again = playedIn(voided, upTo('B', 1200))
    expect(again.state.standing).toMatchObject({ bidCount: 3, bidderCount: 2 })
  })
})

describe('voiding an answer that was given after the maximum before it was voided', () => {
  // A raises 900 to 3000 and answers B; that answer and then B’s bid are voided; then A answers C, by the 900 again.
  const raised = playedIn(sale(), upTo('A', 900), upTo('A', 3000), upTo('B', 1000))
  const once = playedIn(raised, striking(bidIn(raised, 'A', 1050), user('Owner'), '', at('14:01')))
  const twice = playedIn(once, striking(bidIn(once, 'B', 950), user('Owner'), '', at('14:02')))
  const again = playedIn(twice, upTo('C', 700, at('14:03')))

  test('voids the maximum that gave it', () => {
    expect(bidsIn(again)).toEqual([
      ...['A 500', 'B 1000 RECOMPUTED', 'A 1050 MODERATED', 'B 950 MODERATED'],
      ...['C 700', 'A 750'],
    ])
    const voided = without(again, 'A', 750)
    expect(standingOf(voided.state)).toEqual(['C', 500])
    expect(voidedIn(voided)).toEqual([1, 2, 3])
  })

  test('takes the answer with the challenge', () => {
    const { state, bidHistory } = without(again, 'C', 700)
    expect(standingOf(state)).toEqual(['A', 500])
    expect(bidHistory.bids.filter(({ voidedAt }) => voidedAt === null)).toMatchObject([{ amount: 500 }])
  })
})

describe('voiding several bids one after another', () => {
  const rivals = playedIn(sale(), upTo('A', 600), upTo('B', 1000), upTo('A', 1200), upTo('B', 2000))

  test('of one bidder, the later first, comes to what voiding the earlier alone does', () => {
    const [early, late] = [bidIn(rivals, 'A', 500), bidIn(rivals, 'A', 1050)]
    const both = playedIn(rivals, striking(late), striking(early))
    const alone = playedIn(rivals, striking(early))
    expect(both.state.leading).toEqual(alone.state.leading)
    expect(both.state.standing).toEqual(alone.state.standing)
    expect(bidsIn(both)).toEqual(bidsIn(alone))
  })

  test('of one bidder, the earlier first, finds the later voided already', () => {
    const [early, late] = [bidIn(rivals, 'A', 500), bidIn(rivals, 'A', 1050)]
    const once = playedIn(rivals, striking(early))
    expect(eventsIn(once, striking(late))).toEqual([])
  })

  test('of everybody leaves nothing, and counts each bid once', () => {
    const none = without(without(rivals, 'A', 500), 'B', 500)
    expect(none.state.standing).toMatchObject({ currentPrice: null, bidCount: 0, voidedBidCount: 5 })
    expect(voidedIn(none)).toEqual([1, 2, 3, 4])
  })
})

describe('voiding in a funded auction', () => {
  const funds = { A: 3000, B: 5000, C: 5000 }

  test('releases the bidder and holds for who leads then', () => {
    const beaten = playedIn(sale({}, funds), upTo('A', 1500), upTo('B', 2000))
    expect([moneyIn(beaten, 'A'), moneyIn(beaten, 'B')]).toEqual([
      [3000, 0],
      [5000, 2000],
    ])
    const voided = without(beaten, 'B', 1550)
    expect([moneyIn(voided, 'A'), moneyIn(voided, 'B')]).toEqual([
      [3000, 1500],
      [5000, 0],
    ])
  })

  test('reverts a raise to the earlier maximum', () => {
    const raised = playedIn(sale({}, funds), upTo('A', 1000), upTo('A', 3000), upTo('B', 1200))
    expect(moneyIn(raised, 'A')).toEqual([3000, 3000])
    const voided = without(raised, 'A', 1250)
    expect(standingOf(voided.state)).toEqual(['B', 1050])
    expect([moneyIn(voided, 'A'), moneyIn(voided, 'B')]).toEqual([
      [3000, 0],
      [5000, 1200],
    ])
  })

  test('holds nothing where no bid is left', () => {
    const voided = without(playedIn(sale({}, funds), upTo('A', 1500)), 'A', 500)
    expect(moneyIn(voided, 'A')).toEqual([3000, 0])
  })

  describe('where A has spent the money elsewhere since B took the lead', () => {
    // A leads at 500, B at 1550.
    const beaten = playedIn(sale({}, funds), upTo('A', 1500), upTo('B', 2000))
    const spent = spending(beaten, { A: 1499 })

    test('passes over what A cannot pay', () => {
      const voided = without(spent, 'B', 1550)
      expect(standingOf(voided.state)).toEqual([undefined, null])
      expect([moneyIn(voided, 'A'), moneyIn(voided, 'B')]).toEqual([
        [1499, 0],
        [5000, 0],
      ])
    })

    test('voids A’s bid, too, for want of funds', () => {
      const voided = without(spent, 'B', 1550)
      expect(bidsIn(voided)).toEqual(['A 500 UNFUNDED', 'B 1550 MODERATED'])
      expect(voided.state.standing).toMatchObject({ bidCount: 0, bidderCount: 0 })
    })

    test('leaves A’s bids where another leads, who can pay', () => {
      const three = playedIn(sale({}, funds), upTo('A', 1500), upTo('B', 2000), upTo('C', 3000))
      const voided = without(spending(three, { A: 0 }), 'C', 2050)
      expect(bidsIn(voided)).toEqual(['A 500', 'B 1550', 'C 2050 MODERATED'])
      expect(standingOf(voided.state)).toEqual(['B', 1550])
    })

    test('voids the bids of one unfunded leader after the other, and keeps what each can pay', () => {
      const rich = { A: 9000, B: 9000, C: 9000, D: 9000 }
      const four = playedIn(
        sale({}, rich),
        ...[exactly('A', 600), upTo('A', 2000), upTo('B', 3000), upTo('C', 4000), upTo('D', 5000)],
      )
      expect(bidsIn(four)).toEqual(['A 600', 'B 2050', 'C 3100', 'D 4100'])
      const voided = without(spending(four, { A: 700, B: 100, C: 100 }), 'D', 4100)
      expect(bidsIn(voided)).toEqual(['A 600', 'B 2050 UNFUNDED', 'C 3100 UNFUNDED', 'D 4100 MODERATED'])
      expect(standingOf(voided.state)).toEqual(['A', 600])
      expect(moneyIn(voided, 'A')).toEqual([700, 600])
      const tied = playedIn(sale({}, rich), upTo('A', 2000), upTo('B', 2000), upTo('C', 4000))
      const none = without(spending(tied, { A: 100, B: 100 }), 'C', 2050)
      expect(bidsIn(none)).toEqual([
        'A 500 UNFUNDED',
        'B 2000 UNFUNDED',
        'A 2000 UNFUNDED',
        'C 2050 MODERATED',
      ])
      expect(standingOf(none.state)).toEqual([undefined, null])
    })

    test('stays fast where a thousand bidders in a row cannot pay', () => {
      const names = Array.from({ length: 1000 }, (_, index) => `P${index}`)
      const funds = Object.fromEntries(names.map((name) => [name, 1_000_000]))
      const many = playedIn(
        sale({ increments: [{ from: 0, step: 1 }] }, funds),
        ...names.map((name, index) => exactly(name, 500 + index)),
      )
      const poor = spending(many, Object.fromEntries(names.slice(1, -1).map((name) => [name, 0])))
      const startedAt = performance.now()
      const voided = without(poor, 'P999', 1499)
      expect(performance.now() - startedAt).toBeLessThan(3_000)
      expect(standingOf(voided.state)).toEqual(['P0', 500])
      expect(voided.state.standing).toMatchObject({ bidCount: 1, voidedBidCount: 999, bidderCount: 1 })
    })

    test('lets the next one lead who can pay, at the price without A', () => {
      const three = playedIn(sale({}, funds), upTo('B', 1000), upTo('A', 1500), upTo('C', 3000))
      const voided = without(spending(three, { A: 1499 }), 'C', 1550)
      expect(bidsIn(voided)).toEqual(['B 500', 'A 1050 UNFUNDED', 'C 1550 MODERATED'])
      expect(standingOf(voided.state)).toEqual(['B', 500])
      expect([moneyIn(voided, 'B'), moneyIn(voided, 'C')]).toEqual([
        [5000, 1000],
        [5000, 0],
      ])
    })

    test('goes back to A if the balance just suffices', () => {
      const voided = without(spending(beaten, { A: 1500 }), 'B', 1550)
      expect(standingOf(voided.state)).toEqual(['A', 500])
      expect(moneyIn(voided, 'A')).toEqual([1500, 1500])
    })

    test('never lets A block later bidders', () => {
      const next = playedIn(without(spent, 'B', 1550), exactly('C', 500))
      expect(standingOf(next.state)).toEqual(['C', 500])
      expect(moneyIn(next, 'C')).toEqual([5000, 500])
    })

    test('passes A over for good: money that comes later brings nothing back', () => {
      const next = playedIn(without(spent, 'B', 1550), exactly('C', 600))
      const rich = without(spending(next, { A: 9000 }), 'C', 600)
      expect(standingOf(rich.state)).toEqual([undefined, null])
    })

    test('lets A bid again', () => {
      const next = playedIn(without(spent, 'B', 1550), exactly('A', 700))
      expect(standingOf(next.state)).toEqual(['A', 700])
      expect(next.state.standing).toMatchObject({ bidCount: 1, bidderCount: 1 })
    })
  })

  describe('where only the later of A’s bids was skipped', () => {
    // A leads at 500, B at 650, A at 1050, C at 2050.
    const beaten = playedIn(
      sale({}, funds),
      upTo('A', 600),
      upTo('B', 1000),
      upTo('A', 2000),
      upTo('C', 2500),
    )
    const passed = without(spending(beaten, { A: 700 }), 'C', 2050)

    test('the other bids remain valid', () => {
      expect(standingOf(passed.state)).toEqual(['B', 650])
      expect(passed.state.standing.bidderCount).toBe(2)
    })

    test('it is voided, and the earlier ones remain valid', () => {
      expect(bidsIn(passed)).toEqual(['A 500', 'B 650', 'A 1050 UNFUNDED', 'C 2050 MODERATED'])
      expect(eventsIn(passed, striking(bidIn(passed, 'A', 1050)))).toEqual([])
    })

    test('the earlier ones answer again', () => {
      const free = without(passed, 'B', 650)
      expect(standingOf(free.state)).toEqual(['A', 500])
      const answered = playedIn(free, upTo('B', 550, at('14:01')))
      expect(standingOf(answered.state)).toEqual(['A', 600])
      const voided = without(answered, 'A', 600)
      expect(bidsIn(voided).filter((line) => line.startsWith('A'))).toEqual([
        'A 500 MODERATED',
        'A 1050 UNFUNDED',
        'A 600 MODERATED',
      ])
      expect(standingOf(voided.state)).toEqual(['B', 500])
    })
  })
})

describe('voiding in an auction with a reserve of 5000 and a buy-now price of 9000', () => {
  const reserved = sale({ reservePrice: 5000, buyNowPrice: 9000 })

  test('leaves the reserve unmet if only the voided bid met it', () => {
    const met = playedIn(reserved, upTo('A', 4000), upTo('B', 6000))
    expect(met.state.standing).toMatchObject({ currentPrice: 5000, reserveMet: true })
    const voided = without(met, 'B', 5000)
    expect(voided.state.standing).toMatchObject({ currentPrice: 4000, reserveMet: false })
    expect(typesIn(voided, control('hammer'))).toEqual(['AuctionUnsold'])
  })

  test('leaves it met where another meets it, at the reserve', () => {
    const met = playedIn(reserved, upTo('A', 6000), upTo('B', 7000))
    expect(standingOf(met.state)).toEqual(['B', 6100])
    const voided = without(met, 'B', 6100)
    expect(voided.state.standing).toMatchObject({ currentPrice: 5000, reserveMet: true })
  })

  test('announces the reserve again when it is met again', () => {
    const voided = without(playedIn(reserved, upTo('A', 4000), upTo('B', 6000)), 'B', 5000)
    expect(typesIn(voided, upTo('C', 5500))).toEqual(['MaximumSet', 'BidPlaced', 'ReserveMet'])
  })

  test('brings buying now back together with the unmet reserve', () => {
    const met = playedIn(reserved, upTo('A', 6000))
    expect(offeredBuyNow(met.state)).toBeNull()
    const voided = without(met, 'A', 5000)
    expect(offeredBuyNow(voided.state)).toBe(9000)
    expect(standingOf(playedIn(voided, buy('B', 9000)).state)).toEqual(['B', 9000])
  })
})

describe('voiding every bid of an auction with a buy-now price and no reserve', () => {
  const bidOn = playedIn(sale({ buyNowPrice: 900 }), exactly('A', 500), exactly('B', 550))

  test('offers buy-now again once no bid is valid', () => {
    const none = without(without(bidOn, 'B', 550), 'A', 500)
    expect(offeredBuyNow(none.state)).toBe(900)
    expect(playedIn(none, buy('C', 900)).state.standing.phase).toBe('SOLD')
  })

  test('does not offer it again while a bid is valid', () => {
    expect(offeredBuyNow(without(bidOn, 'B', 550).state)).toBeNull()
  })
})

describe('voiding a bid that extended the auction', () => {
  const softClose = { windowMs: 3 * MINUTE_MS, extensionMs: 3 * MINUTE_MS, capMs: 10 * MINUTE_MS }
  const extended = playedIn(sale({ softClose }), exactly('A', 500), exactly('B', 600, at('14:58')))
  const voided = playedIn(extended, striking(bidIn(extended, 'B', 600), user('Owner'), '', at('14:59')))

  test('extends the end as a bid would', () => {
    expect(standingOf(voided.state)).toEqual(['A', 500])
    expect(voided.state.standing).toMatchObject({ endsAt: at('15:02'), extensionCount: 2 })
  })

  test('extends it after the bid of the leader, and never past the cap', () => {
    const beaten = playedIn(sale({ softClose }), exactly('A', 700), upTo('B', 900, at('14:58')))
    const late = striking(bidIn(beaten, 'A', 700), user('Owner'), '', at('15:00:59'))
    expect(typesIn(beaten, late)).toEqual(['CommandsVoided', 'BidVoided', 'BidPlaced', 'AuctionExtended'])
    const capped = playedIn(
      beaten,
      exactly('C', 1000, at('15:00')),
      exactly('C', 1100, at('15:02')),
      exactly('C', 1200, at('15:04')),
      exactly('C', 1300, at('15:06')),
      exactly('C', 1400, at('15:08')),
    )
    expect(capped.state.standing.endsAt).toBe(at('15:10'))
    const last = striking(bidIn(capped, 'C', 1400), user('Owner'), '', at('15:09:59'))
    expect(typesIn(capped, last)).toEqual(['CommandsVoided', 'BidVoided'])
  })

  test('before the window moves nothing', () => {
    const early = striking(bidIn(extended, 'B', 600), user('Owner'), '', at('14:57'))
    expect(typesIn(extended, early)).toEqual(['CommandsVoided', 'BidVoided'])
  })

  test('during a pause counts from where the clock stopped', () => {
    const paused = playedIn(extended, control('pause', at('14:59')))
    const late = striking(bidIn(extended, 'B', 600), user('Owner'), '', at('17:00'))
    const resumed = playedIn(paused, late, control('resume', at('18:00')))
    // 14:59 and the extension, moved by the pause.
    expect(resumed.state.standing).toMatchObject({ endsAt: at('18:03'), extensionCount: 2 })
  })
})

describe('voiding everything of B, whose only visible bid the recomputation has voided', () => {
  // A 500, B 1050, D 1550; without A, B’s bid is another, and B’s maximum of 1500 still counts.
  const three = playedIn(sale(), upTo('A', 1000), upTo('B', 1500), upTo('D', 3000))
  const hidden = without(three, 'A', 500)

  test('leaves no maximum that could lead', () => {
    expect(bidsIn(hidden)).toEqual(['A 500 MODERATED', 'B 1050 RECOMPUTED', 'D 1550'])
    const gone = playedIn(hidden, strikingAll('B'))
    expect(voidedIn(gone)).toEqual([1, 2])
    expect(standingOf(gone.state)).toEqual(['D', 500])
    expect(standingOf(without(gone, 'D', 500).state)).toEqual([undefined, null])
  })

  test('names that bid in the entry, and counts it once', () => {
    const events = eventsIn(hidden, strikingAll('B')).filter(isPublicEvent)
    expect(events).toMatchObject([
      {
        type: 'BidVoided',
        bid: { bidder: { id: 'B' }, amount: 1050, voidReason: 'RECOMPUTED' },
        bids: [{ bidder: { id: 'D' }, amount: 1550, voidReason: 'RECOMPUTED' }],
      },
      { type: 'BidPlaced', bid: { bidder: { id: 'D' }, amount: 500 } },
    ])
    expect(playedIn(hidden, strikingAll('B')).state.standing).toMatchObject({
      ...{ bidCount: 1, voidedBidCount: 3, bidderCount: 1 },
    })
  })

  test('comes to the same by naming that bid', () => {
    const [all, named] = [playedIn(hidden, strikingAll('B')), without(hidden, 'B', 1050)]
    expect(bidsIn(named)).toEqual(bidsIn(all))
    expect(named.state).toEqual(all.state)
  })

  test('changes nothing visible while others hold the price', () => {
    const byHand = playedIn(sale(), upTo('A', 1000), upTo('B', 1500), exactly('D', 3000))
    const priced = without(byHand, 'A', 500)
    const events = eventsIn(priced, strikingAll('B'))
    expect(events.map(({ type }) => type)).toEqual(['CommandsVoided'])
    expect(playedIn(priced, strikingAll('B')).state.standing).toEqual(priced.state.standing)
  })

  test('takes the maximum before a later bid that stands', () => {
    const later = playedIn(hidden, exactly('B', 2000))
    const gone = playedIn(later, strikingAll('B'))
    expect(voidedIn(gone)).toEqual([1, 2, 4])
    expect(standingOf(gone.state)).toEqual(['D', 500])
  })

  test('changes nothing once done, and nothing for someone who never bid', () => {
    expect(eventsIn(playedIn(hidden, strikingAll('B')), strikingAll('B'))).toEqual([])
    expect(eventsIn(hidden, strikingAll('Nobody'))).toEqual([])
  })
})

describe('bids of one bidder at the largest amount, of which earlier versions accepted several', () => {
  const most = Number.MAX_SAFE_INTEGER
  const full = playedIn(sale(), exactly('A', most))
  const [first] = full.bidHistory.bids
  const [command] = full.bidHistory.commands
  if (first === undefined || command === undefined) throw new Error('a bid was made')
  const own = asBidId('own_again')
  const twice: Sale = {
    ...full,
    state: { ...full.state, commandCount: 2, standing: { ...full.state.standing, bidCount: 2 } },
    bidHistory: {
      bids: [first, { ...first, id: own, sequence: 2 }],
      commands: [command, { ...command, sequence: 2, bidId: own }],
    },
  }

  test('go with the first of them', () => {
    const voided = playedIn(twice, striking(first.id))
    expect(standingOf(voided.state)).toEqual([undefined, null])
    expect(voided.state.standing).toMatchObject({ bidCount: 0, voidedBidCount: 2 })
  })

  test('all go with their bidder', () => {
    expect(standingOf(playedIn(twice, strikingAll('A')).state)).toEqual([undefined, null])
  })

  test('leave the first where the second is voided', () => {
    const voided = playedIn(twice, striking(own))
    expect(bidsIn(voided)).toEqual([`A ${most}`, `A ${most} MODERATED`])
    expect(standingOf(voided.state)).toEqual(['A', most])
  })
})

describe('the reason for voiding', () => {
  const bidOn = playedIn(sale(), exactly('A', 500))
  const because = (reason: string): Move => striking(bidIn(bidOn, 'A', 500), user('Owner'), reason)

  test('may be left empty, and may have 1000 characters', () => {
    expect(decideIn(bidOn, because('')).kind).toBe('accepted')
    expect(decideIn(bidOn, because('🎻'.repeat(1000))).kind).toBe('accepted')
  })

  test.for([
    ['of 1001 characters', 'x'.repeat(1001)],
    ['with U+0000', 'a\0b'],
    ['with half a surrogate pair', 'a\ud800b'],
  ] as const)('%s is INVALID_INPUT', ([, reason]) => {
    expect(decideIn(bidOn, because(reason))).toMatchObject({
      rejection: { code: 'INVALID_INPUT', field: 'reason' },
    })
  })
})

describe('who voids bids', () => {
  const bidOn = playedIn(sale(), exactly('A', 500))
  const members = room({}, { Moderator: 'MODERATOR', Member: 'MEMBER', Seller: 'MEMBER' })
  const kindFor = (actor: Parameters<typeof striking>[1], of = members): string =>
    decideIn(bidOn, { ...striking(bidIn(bidOn, 'A', 500), actor), room: of }).kind

  test.for([
    ['the owner of the room', user('Owner')],
    ['a moderator of the room', user('Moderator')],
    ['an administrator', user('Someone', 'ADMIN')],
    ['a service', user('Someone', 'SERVICE')],
    ['a token that moderates', user('Someone', 'MODERATOR')],
    ['the server itself', SYSTEM],
  ] as const)('%s does', ([, actor]) => {
    expect(kindFor(actor)).toBe('accepted')
  })

  test.for([
    ['the seller alone', SELLER],
    ['the bidder', user('A')],
    ['a member', user('Member')],
    ['someone who only sees the room', user('Someone')],
  ] as const)('%s does not', ([, actor]) => {
    expect(kindFor(actor)).toBe('forbidden')
  })

  test('a seller who runs the room does', () => {
    expect(kindFor(SELLER, room({}, { Seller: 'MODERATOR' }))).toBe('accepted')
  })

  test('a token that moderates finds no auction in a room that it does not see', () => {
    const hidden = { ...striking(bidIn(bidOn, 'A', 500), user('Someone', 'MODERATOR')) }
    expect(decideIn(bidOn, { ...hidden, room: room({ visibility: 'MEMBERS' }) })).toMatchObject({
      rejection: { code: 'NOT_FOUND' },
    })
  })
})

describe('voiding out of time', () => {
  const bidOn = playedIn(sale(), exactly('A', 500), exactly('B', 550))
  const strike = (now = NOW): Move => striking(bidIn(bidOn, 'B', 550), user('Owner'), '', now)

  test.for([
    ['when sold', [control('hammer')], NOW],
    ['when cancelled', [cancel('Withdrawn.')], NOW],
    ['when sold by time', [applyDue(at('15:00'))], at('15:01')],
    ['from the end on, while the closing is still to come', [], at('15:00')],
  ] as const)('%s is INVALID_TRANSITION', ([, steps, now]) => {
    const over = playedIn(bidOn, ...steps)
    expect(decideIn(over, strike(now))).toMatchObject({ rejection: { code: 'INVALID_TRANSITION' } })
  })

  test('below the reserve, when unsold, is INVALID_TRANSITION', () => {
    const reserved = playedIn(sale({ reservePrice: 5000 }), exactly('A', 500))
    const unsold = playedIn(reserved, control('hammer'))
    expect(decideIn(unsold, striking(bidIn(unsold, 'A', 500)))).toMatchObject({
      rejection: { code: 'INVALID_TRANSITION' },
    })
  })

  test('is done in a pause, also past the end', () => {
    const paused = playedIn(bidOn, control('pause'))
    const voided = playedIn(paused, strike(at('16:00')))
    expect(standingOf(voided.state)).toEqual(['A', 500])
    expect(voided.state.standing.phase).toBe('PAUSED')
    expect(playedIn(voided, control('resume', at('16:00'))).state.standing.endsAt).toBe(at('17:00'))
  })

  test('one millisecond before the end is done', () => {
    expect(typesIn(bidOn, strike(at('14:59:59.999')))).toEqual(['CommandsVoided', 'BidVoided'])
  })
})

describe('voiding a bid', () => {
  const bidOn = playedIn(sale(), exactly('A', 500), exactly('B', 550))

  test('that does not exist is NOT_FOUND', () => {
    expect(decideIn(bidOn, striking(asBidId('bid_none')))).toMatchObject({ rejection: { code: 'NOT_FOUND' } })
  })

  test('that is voided already changes nothing, also after the end', () => {
    const again = striking(bidIn(bidOn, 'B', 550), user('Owner'), 'Again.')
    const voided = without(bidOn, 'B', 550)
    expect(eventsIn(voided, again)).toEqual([])
    expect(eventsIn(playedIn(voided, control('hammer')), again)).toEqual([])
  })

  test('permanently voids bids below the minimum without the voided ones', () => {
    // Steps that fall: at 999 the least is 1199, at 1001 it is 1002.
    const increments = [
      { from: 0, step: 200 },
      { from: 1000, step: 1 },
    ]
    const close = playedIn(
      sale({ increments }),
      ...[upTo('A', 1000), exactly('A', 999), upTo('B', 5000), exactly('C', 1003)],
    )
    expect(standingOf(close.state)).toEqual(['B', 1004])
    const voided = without(close, 'B', 1001)
    expect(standingOf(voided.state)).toEqual(['A', 999])
    expect(voidedIn(voided)).toEqual([3, 4])
    expect(bidsIn(voided)).toEqual([
      ...['A 500', 'A 999', 'B 1001 MODERATED'],
      ...['C 1003 RECOMPUTED', 'B 1004 MODERATED'],
    ])
  })
})
