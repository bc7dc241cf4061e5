import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import { formatAmount } from '../../../engine/kernel/currency.ts'
import { accept } from '../../../engine/kernel/decision.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import {
  availableIn,
  capturing,
  emptyWallet,
  evolveWallets,
  holding,
  releasing,
  type Transfer,
  type Wallets,
} from '../../wallets/rules/transfer.ts'
import type { AuctionState } from './auction.ts'
import type { AuctionDecision } from './context.ts'
import type { AuctionEvent } from './event.ts'
import { foldAuction } from './evolve.ts'
import { reject } from './rejections.ts'

/** The amount a funded auction holds: everything its leader may have to pay. */
export interface Hold {
  readonly userId: UserId
  readonly amount: Amount
}

/** Derived from the state, so there is never more than one; null if nothing is held. */
export function holdOf({ terms, standing, leading }: AuctionState): Hold | null {
  const isOpen = standing.phase === 'LIVE' || standing.phase === 'PAUSED'
  return terms.funded && isOpen && leading !== null
    ? { userId: leading.bidder.id, amount: leading.maximum }
    : null
}

/** The most this bidder could have held here: the available balance plus the current hold for this auction. */
export function fundsFor(state: AuctionState, bidder: UserId, wallets: Wallets): Amount {
  const hold = holdOf(state)
  const own = hold?.userId === bidder ? hold.amount : 0
  return amount(availableIn(wallets.get(bidder) ?? emptyWallet(state.terms.currency)) + own)
}

/**
 * Appends the decision's money transfers to its events; INSUFFICIENT_FUNDS if the balance is too low. `wallets` must
 * contain those of the leader, of everyone who could lead next, and of the seller if the command may end the auction.
 */
export function withFunds(state: AuctionState, decision: AuctionDecision, wallets: Wallets): AuctionDecision {
  if (!state.terms.funded || decision.kind !== 'accepted') return decision
  const transfers = transfersOf(state, decision.events)
  let after = wallets
  for (const transfer of transfers) {
    if (transfer.kind === 'HOLD' && transfer.debit.kind === 'available') {
      const available = availableIn(after.get(transfer.debit.userId) ?? emptyWallet(transfer.currency))
      const required = transfer.amount
      if (required > available) {
        const reason = `This requires ${formatAmount(required, state.terms)} more, but only ${formatAmount(available, state.terms)} is available.`
        return reject('INSUFFICIENT_FUNDS', reason, { available, required })
      }
    }
    after = evolveWallets(after, transfer)
  }
  const moved = transfers.map((transfer): AuctionEvent => ({ type: 'FundsMoved', transfer }))
  return accept([...decision.events, ...moved], decision.reply)
}

function transfersOf(before: AuctionState, events: readonly AuctionEvent[]): readonly Transfer[] {
  const { currency, seller } = before.terms
  const after = foldAuction(before, events)
  const promised = holdOf(before)
  const { winner } = after.standing
  if (winner === null || before.standing.winner !== null) return rehold(currency, promised, holdOf(after))
  // A buy-now purchase is held and captured at once.
  const due = { userId: winner.user.id, amount: after.leading?.maximum ?? winner.price }
  const rest = amount(due.amount - winner.price)
  return [
    ...rehold(currency, promised, due),
    capturing(due.userId, seller.id, currency, winner.price),
    ...(rest > 0 ? [releasing(due.userId, currency, rest)] : []),
  ]
}

function rehold(currency: string, before: Hold | null, after: Hold | null): readonly Transfer[] {
  if (before !== null && before.userId === after?.userId) {
    const more = after.amount - before.amount
    if (more > 0) return [holding(after.userId, currency, amount(more))]
    return more < 0 ? [releasing(before.userId, currency, amount(-more))] : []
  }
  return [
    ...(before === null ? [] : [releasing(before.userId, currency, before.amount)]),
    ...(after === null ? [] : [holding(after.userId, currency, after.amount)]),
  ]
}
