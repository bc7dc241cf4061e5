import type { Actor } from '../../../src/engine/kernel/actor.ts'
import { type Amount, amount } from '../../../src/engine/kernel/amount.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { asBidId, type BidId } from '../../../src/features/auctions/ids.ts'
import type { AuctionState } from '../../../src/features/auctions/rules/auction.ts'
import {
  type BidHistory,
  evolveBidHistory,
  NO_BID_HISTORY,
} from '../../../src/features/auctions/rules/bid-history.ts'
import type { AuctionDecision } from '../../../src/features/auctions/rules/context.ts'
import type { AuctionEvent } from '../../../src/features/auctions/rules/event.ts'
import { evolveAuction } from '../../../src/features/auctions/rules/evolve.ts'
import {
  emptyWallet,
  evolveWallets,
  type Transfer,
  type Wallets,
} from '../../../src/features/wallets/rules/transfer.ts'
import { auction, decide, type Move, move, NOW, user } from './auction-fixtures.ts'

/** An auction with all that a transaction has at hand of it. */
export interface Sale {
  readonly state: AuctionState
  readonly wallets: Wallets
  readonly bidHistory: BidHistory
  /** All that moved so far. */
  readonly transfers: readonly Transfer[]
}

/** What each named person has to spend. */
type Funds = Readonly<Record<string, number>>

/** `auction(given)` before its first bid; funded where `funds` says what its bidders have. */
export function sale(given: Parameters<typeof auction>[0] = {}, funds?: Funds): Sale {
  const state = auction({ ...given, funded: funds !== undefined })
  return spending({ state, wallets: new Map(), bidHistory: NO_BID_HISTORY, transfers: [] }, funds ?? {})
}

/** `before` with each balance in `funds` as it has come to be elsewhere. */
export function spending(before: Sale, funds: Funds): Sale {
  const { currency } = before.state.terms
  const wallets = new Map(before.wallets)
  for (const [name, balance] of Object.entries(funds)) {
    const { held } = wallets.get(asUserId(name)) ?? emptyWallet(currency)
    wallets.set(asUserId(name), { currency, balance: amount(balance), held })
  }
  return { ...before, wallets }
}

/** What is decided of `step`. Its visible bids get ids that no other has. */
export function decideIn(
  { state, wallets, bidHistory }: Sale,
  { command, ...circumstances }: Move,
): AuctionDecision {
  const count = bidHistory.bids.length
  const ids = { bidId: asBidId(`own_${count}`), answerId: asBidId(`answer_${count}`) }
  const isBidding = command.kind === 'placeBid' || command.kind === 'buyNow'
  return decide(state, {
    ...circumstances,
    command: isBidding
      ? { ...command, ...ids }
      : command.kind === 'voidBid' || command.kind === 'voidBidder'
        ? { ...command, answerId: asBidId(`leader_${count}`) }
        : command,
    wallets,
    bidHistory,
  })
}

export function afterEvents(before: Sale, events: readonly AuctionEvent[]): Sale {
  return events.reduce<Sale>(({ state, wallets, bidHistory, transfers }, event) => {
    const moved = event.type === 'FundsMoved' ? [event.transfer] : []
    return {
      state: evolveAuction(state, event),
      wallets: moved.reduce<Wallets>(evolveWallets, wallets),
      bidHistory: evolveBidHistory(bidHistory, event),
      transfers: [...transfers, ...moved],
    }
  }, before)
}

/** The events of `step`. Throws where it is refused. */
export function eventsIn(before: Sale, step: Move): readonly AuctionEvent[] {
  const decision = decideIn(before, step)
  if (decision.kind !== 'accepted') throw new Error(`${step.command.kind}: ${JSON.stringify(decision)}`)
  return decision.events
}

/** The sale after all `steps`, each of which is accepted. */
export function playedIn(before: Sale, ...steps: readonly Move[]): Sale {
  return steps.reduce<Sale>((current, step) => afterEvents(current, eventsIn(current, step)), before)
}

/** The sale after `step`, or as it was where that is refused. */
export function tried(before: Sale, step: Move): Sale {
  const decision = decideIn(before, step)
  return decision.kind === 'accepted' ? afterEvents(before, decision.events) : before
}

/** The owner of the room voids the bid with this id. */
export function striking(bidId: BidId, by: Actor = user('Owner'), reason = 'A mistake.', now = NOW): Move {
  return move({ kind: 'voidBid', bidId, answerId: asBidId('bid_leader'), reason }, by, now)
}

/** The owner of the room voids everything that `name` has bid. */
export function strikingAll(name: string, now = NOW): Move {
  const ids = { bidderId: asUserId(name), answerId: asBidId('bid_leader') }
  return move({ kind: 'voidBidder', ...ids, reason: 'Removed.' }, user('Owner'), now)
}

/** The id of the last visible bid of `name` at `value`. */
export function bidIn({ bidHistory }: Sale, name: string, value: number): BidId {
  const found = bidHistory.bids.findLast(({ bidder, amount: made }) => bidder.name === name && made === value)
  if (found === undefined) throw new Error(`${name} has no bid of ${value}`)
  return found.id
}

/** The sale after `name`'s bid of `value` was voided. */
export function without(before: Sale, name: string, value: number): Sale {
  return playedIn(before, striking(bidIn(before, name, value)))
}

/** Every visible bid so far: `A 500`, or `A 500 MODERATED` with the reason for which it was voided. */
export function bidsIn({ bidHistory }: Sale): readonly string[] {
  return bidHistory.bids.map(({ bidder, amount: made, voidedAt, voidReason }) => {
    return `${bidder.name} ${made}${voidedAt === null ? '' : ` ${voidReason}`}`
  })
}

/** What `name` has, and how much of it is held. */
export function moneyIn({ wallets }: Sale, name: string): readonly [balance: Amount, held: Amount] {
  const { balance, held } = wallets.get(asUserId(name)) ?? emptyWallet('EUR')
  return [balance, held]
}
