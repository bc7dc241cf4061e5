import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { TransferKind, Wallet } from './wallet.ts'

export type Account =
  | { readonly kind: 'house' }
  /** A user's available balance, and a user's held balance. */
  | { readonly kind: 'available' | 'held'; readonly userId: UserId }

/** Moves `amount`, which is positive, from `debit` to `credit`: a transfer neither creates nor destroys money. */
export interface Transfer {
  readonly kind: TransferKind
  readonly currency: string
  readonly amount: Amount
  readonly debit: Account
  readonly credit: Account
}

/** Wallets of one currency. Users without one have nothing. */
export type Wallets = ReadonlyMap<UserId, Wallet>

/** The ledger's name of an account: `house` (the issuer), `available:USER`, `held:USER`. */
export function accountName(account: Account): string {
  return account.kind === 'house' ? account.kind : `${account.kind}:${account.userId}`
}

export function emptyWallet(currency: string): Wallet {
  return { currency, balance: amount(0), held: amount(0) }
}

export function availableIn({ balance, held }: Wallet): Amount {
  return amount(balance - held)
}

/** Between the issuer and the user's available balance: a credit if `change` is positive, else a debit. */
export function crediting(userId: UserId, currency: string, change: Amount): Transfer {
  const spendable: Account = { kind: 'available', userId }
  const house: Account = { kind: 'house' }
  return change > 0
    ? { kind: 'CREDIT', currency, amount: change, debit: house, credit: spendable }
    : { kind: 'DEBIT', currency, amount: amount(-change), debit: spendable, credit: house }
}

export function holding(userId: UserId, currency: string, value: Amount): Transfer {
  const accounts = { debit: { kind: 'available', userId }, credit: { kind: 'held', userId } } as const
  return { kind: 'HOLD', currency, amount: value, ...accounts }
}

export function releasing(userId: UserId, currency: string, value: Amount): Transfer {
  const accounts = { debit: { kind: 'held', userId }, credit: { kind: 'available', userId } } as const
  return { kind: 'RELEASE', currency, amount: value, ...accounts }
}

export function capturing(winner: UserId, seller: UserId, currency: string, value: Amount): Transfer {
  const debit: Account = { kind: 'held', userId: winner }
  const credit: Account = { kind: 'available', userId: seller }
  return { kind: 'CAPTURE', currency, amount: value, debit, credit }
}

/** The wallets right after `transfer`. */
export function evolveWallets(
  wallets: Wallets,
  { currency, amount: value, debit, credit }: Transfer,
): Wallets {
  const after = new Map(wallets)
  const move = (account: Account, change: number): void => {
    if (account.kind === 'house') return
    const { balance, held } = after.get(account.userId) ?? emptyWallet(currency)
    const heldAfter = amount(account.kind === 'held' ? held + change : held)
    after.set(account.userId, { currency, balance: amount(balance + change), held: heldAfter })
  }
  move(debit, -value)
  move(credit, value)
  return after
}
