import { type Amount, amount } from '../../../engine/kernel/amount.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { TransferKind, Wallet } from './wallet.ts'

export type Account =
  | { readonly kind: 'house' }
  /** What a user can spend, and what a user has promised. */
  | { readonly kind: 'available' | 'held'; readonly userId: UserId }

/** Takes `amount`, more than zero, from `debit` and gives it to `credit`: no money is made or lost on the way. */
export interface Transfer {
  readonly kind: TransferKind
  readonly currency: string
  readonly amount: Amount
  readonly debit: Account
  readonly credit: Account
}

/** Wallets of one currency. Who is not in it has nothing. */
export type Wallets = ReadonlyMap<UserId, Wallet>

/** How the ledger names an account: `house`, `available:USER`, `held:USER`. */
export function accountName(account: Account): string {
  return account.kind === 'house' ? account.kind : `${account.kind}:${account.userId}`
}

export function emptyWallet(currency: string): Wallet {
  return { currency, balance: amount(0), held: amount(0) }
}

export function availableIn({ balance, held }: Wallet): Amount {
  return amount(balance - held)
}

/** Between the house and what the user can spend: a credit where `change` is above zero, else a debit. */
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
