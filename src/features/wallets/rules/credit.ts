import { type Actor, isPrivileged } from '../../../engine/kernel/actor.ts'
import { type Amount, amount, isAmount } from '../../../engine/kernel/amount.ts'
import { CURRENCY_RULE, formatAmount, isCurrency } from '../../../engine/kernel/currency.ts'
import { accept, type Decision, forbid } from '../../../engine/kernel/decision.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import { reject } from './rejections.ts'
import { availableIn, crediting, type Transfer } from './transfer.ts'
import type { Wallet } from './wallet.ts'

/** Currency and amount as the client sent them: the decider checks both. */
export interface WalletCommand {
  readonly kind: 'credit'
  readonly userId: UserId
  readonly currency: string
  /** Negative amounts debit the wallet. */
  readonly amount: number
}

export interface WalletReply {
  readonly currency: string
}

/** Of the command's currency. */
export interface Credited {
  readonly wallet: Wallet
  /** The total of the currency over all wallets. */
  readonly issued: Amount
  /** Undefined until the first auction in a currency outside ISO 4217. */
  readonly exponent?: number | undefined
}

/** Credits or debits the user's available balance, which cannot become negative. */
export function decideCredit(
  { wallet, issued, exponent }: Credited,
  { userId, currency, amount: change }: WalletCommand,
  actor: Actor,
): Decision<Transfer, WalletReply> {
  if (!isPrivileged(actor)) return forbid('Only services and administrators can credit wallets.')
  if (!isCurrency(currency)) {
    return reject('INVALID_INPUT', CURRENCY_RULE, { field: 'currency' })
  }
  if (!isAmount(change) || change === 0) {
    return reject('INVALID_INPUT', 'The amount must be a whole number other than zero.', { field: 'amount' })
  }
  const available = availableIn(wallet)
  if (available + change < 0) {
    const required = amount(-change)
    const shown = formatAmount(
      available,
      exponent === undefined ? { currency } : { currency, currencyExponent: exponent },
    )
    return reject('INSUFFICIENT_FUNDS', `Only ${shown} can be withdrawn.`, { available, required })
  }
  if (!isAmount(issued + change)) {
    return reject('INVALID_INPUT', 'The total of one currency would exceed the largest amount.', {
      field: 'amount',
    })
  }
  return accept([crediting(userId, currency, change)], { currency })
}
