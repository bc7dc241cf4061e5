import type { Amount } from '../../../engine/kernel/amount.ts'

/** What one user has in one currency. Never less available than zero: `balance` ≥ `held` ≥ 0. */
export interface Wallet {
  readonly currency: string
  readonly balance: Amount
  readonly held: Amount
}

/**
 * CREDIT and DEBIT move between the house and what a user can spend, HOLD and RELEASE between what a user can spend and
 * what is promised, CAPTURE from what the winner promised to what the seller can spend.
 */
export const TRANSFER_KINDS = ['CREDIT', 'DEBIT', 'HOLD', 'RELEASE', 'CAPTURE'] as const
export type TransferKind = (typeof TRANSFER_KINDS)[number]
