import fc from 'fast-check'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { amount } from '../../../src/engine/kernel/amount.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { type Instant, later } from '../../../src/engine/kernel/instant.ts'
import type { AuctionDecision } from '../../../src/features/auctions/rules/context.ts'
import type { AuctionEvent } from '../../../src/features/auctions/rules/event.ts'
import { decideCredit } from '../../../src/features/wallets/rules/credit.ts'
import {
  emptyWallet,
  evolveWallets,
  type Transfer,
  type Wallets,
} from '../../../src/features/wallets/rules/transfer.ts'
import { runs } from '../../support/runs.ts'
import {
  applyDue,
  at,
  bid,
  buy,
  cancel,
  control,
  endWithRoom,
  MINUTE_MS,
  type Move,
  NOW,
  scheduled,
  user,
} from './auction-fixtures.ts'
import { afterEvents, decideIn, type Sale, sale, striking, strikingAll } from './auction-sale.ts'

/** One transfer as the ledger keeps it: with the auction that caused it. */
interface LedgerLine {
  readonly transfer: Transfer
  readonly lot: number | undefined
}

/** Funded auctions in which the same people bid with the same money. */
export interface House {
  /** Each with the wallets of all. */
  readonly lots: readonly Sale[]
  readonly wallets: Wallets
  readonly ledger: readonly LedgerLine[]
}

/** Something that is asked for: of one lot, or a credit. */
type Act = { readonly afterMs: number } & (
  | { readonly kind: 'move'; readonly lot: number; readonly step: Move }
  /** `over` the price of the moment. */
  | {
      readonly kind: 'bid'
      readonly lot: number
      readonly bidder: string
      readonly offer: 'amount' | 'maximum'
      readonly over: number
    }
  | { readonly kind: 'void'; readonly lot: number; readonly which: number }
  | { readonly kind: 'credit'; readonly bidder: string; readonly change: number }
)

/** An act of one lot as it was decided, with all on both sides of it. */
export interface Scene {
  readonly lot: number
  readonly step: Move
  readonly decision: AuctionDecision
  readonly before: House
  readonly after: House
}

const BIDDERS = ['A', 'B', 'C', 'D']
const CREDITS = [900, 2_500, 4_000, 6_000]
const BANK = user('Bank', 'SERVICE')

/** Three lots with a soft close: one with a reserve, one with steps that fall, and one that has not started. */
function opened(): House {
  const softClose = { windowMs: 5 * MINUTE_MS, extensionMs: 6 * MINUTE_MS, capMs: 12 * MINUTE_MS }
  const shorter = { windowMs: 8 * MINUTE_MS, extensionMs: 2 * MINUTE_MS, capMs: 4 * MINUTE_MS }
  const terms = { softClose, endsAt: at('14:16') }
  const falling = [
    { from: 0, step: 150 },
    { from: 1000, step: 20 },
  ]
  const late = { ...terms, startsAt: at('14:02'), buyNowPrice: 800 }
  const house: House = {
    lots: [
      sale({ ...terms, reservePrice: 900, buyNowPrice: 1300 }, {}),
      sale({ softClose: shorter, endsAt: at('14:20'), increments: falling }, {}),
      { ...sale(late, {}), state: scheduled({ ...late, funded: true }) },
    ],
    wallets: new Map(),
    ledger: [],
  }
  return CREDITS.reduce((before, change, index) => credited(before, BIDDERS[index] ?? '', change), house)
}

function credited(house: House, bidder: string, change: number): House {
  const userId = asUserId(bidder)
  const wallet = house.wallets.get(userId) ?? emptyWallet('EUR')
  const asked = { kind: 'credit', userId, currency: 'EUR', amount: change } as const
  const decision = decideCredit({ wallet, issued: wallet.balance }, asked, BANK)
  if (decision.kind !== 'accepted') return house
  const lines = decision.events.map((transfer) => ({ transfer, lot: undefined }))
  const wallets = decision.events.reduce<Wallets>(evolveWallets, house.wallets)
  return withWallets({ ...house, ledger: [...house.ledger, ...lines] }, wallets)
}

function withWallets(house: House, wallets: Wallets): House {
  return { ...house, wallets, lots: house.lots.map((lot) => ({ ...lot, wallets })) }
}

/** The house after `events` of one lot. */
export function afterIn(house: House, lot: number, events: readonly AuctionEvent[]): House {
  const before = house.lots[lot]
  if (before === undefined) throw new RangeError(`no lot ${lot}`)
  const changed = afterEvents(before, events)
  const lines = changed.transfers.slice(before.transfers.length).map((transfer) => ({ transfer, lot }))
  const lots = house.lots.map((each, index) => (index === lot ? changed : each))
  return withWallets({ ...house, lots, ledger: [...house.ledger, ...lines] }, changed.wallets)
}

function moveOf(act: Act, house: House): { readonly lot: number; readonly step: Move } | undefined {
  if (act.kind === 'credit') return undefined
  if (act.kind === 'move') return act
  if (act.kind === 'bid') {
    const value = Math.max(1, (house.lots[act.lot]?.state.standing.currentPrice ?? 400) + act.over)
    return { lot: act.lot, step: bid(act.bidder, { [act.offer]: value }) }
  }
  const bids = house.lots[act.lot]?.bidHistory.bids ?? []
  const struck = bids[act.which % (bids.length || 1)]
  return struck === undefined ? undefined : { lot: act.lot, step: striking(struck.id) }
}

/** Plays `acts` and shows every act of a lot to `check`. Before each the server looks whether something is due. */
function played(acts: readonly Act[], check: (scene: Scene) => void): House {
  let house = opened()
  let now: Instant = NOW
  const play = (lot: number, step: Move): void => {
    const before = house
    const found = before.lots[lot]
    if (found === undefined) return
    const decision = decideIn(found, step)
    if (decision.kind === 'accepted' && decision.events.length === 0 && step.command.kind === 'applyDue')
      return
    house = decision.kind === 'accepted' ? afterIn(before, lot, decision.events) : before
    check({ lot, step, decision, before, after: house })
  }
  for (const act of acts) {
    now = later(now, act.afterMs)
    for (const lot of house.lots.keys()) play(lot, { ...applyDue(now), actor: SYSTEM })
    if (act.kind === 'credit') house = credited(house, act.bidder, act.change)
    const asked = moveOf(act, house)
    if (asked !== undefined) play(asked.lot, { ...asked.step, now })
  }
  return house
}

const lot = fc.nat(2)
const bidder = fc.constantFrom(...BIDDERS)
const buying = fc.record({ bidder, price: fc.constantFrom(800, 1300) }).map((given) => {
  return buy(given.bidder, given.price)
})
const pausing = fc.constantFrom(control('pause'), control('resume'), control('resume'))
const clearing = bidder.map((name) => strikingAll(name))
const ending = fc.constantFrom(control('hammer'), cancel('Withdrawn.'), endWithRoom())

/** Mostly right after another, so that a lot lives long enough to be interesting. */
const afterMs = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 * MINUTE_MS }) },
)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('bid'),
      lot,
      bidder,
      offer: fc.constantFrom('amount', 'maximum'),
      over: fc.integer({ min: -10, max: 40 }).map((steps) => steps * 25),
      afterMs,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('void'), lot, which: fc.nat(60), afterMs }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('credit'),
      bidder,
      change: fc.integer({ min: -1200, max: 800 }),
      afterMs,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move'), lot, step: pausing, afterMs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move'), lot, step: clearing, afterMs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move'), lot, step: buying, afterMs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move'), lot, step: ending, afterMs }) },
)
const acts = fc.array(act, { minLength: 1, maxLength: 60, size: 'max' })

/** Tries `check` on every scene of many random sales, and `checkEnd` on what each comes to. */
export function everyScene(
  check: (scene: Scene) => void,
  checkEnd: (house: House) => void = () => undefined,
): void {
  fc.assert(
    fc.property(acts, (asked) => checkEnd(played(asked, check))),
    runs(300),
  )
}

/** What each account was given less what was taken from it, by the ledger alone. */
export function accountsOf(ledger: readonly LedgerLine[]): ReadonlyMap<string, number> {
  const accounts = new Map<string, number>()
  const move = (account: Transfer['debit'], change: number): void => {
    const name = account.kind === 'house' ? 'house' : `${account.kind} ${account.userId}`
    accounts.set(name, amount((accounts.get(name) ?? 0) + change))
  }
  for (const { transfer } of ledger) {
    move(transfer.debit, -transfer.amount)
    move(transfer.credit, transfer.amount)
  }
  return accounts
}
