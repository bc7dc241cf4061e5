import type { Amount } from '../../../engine/kernel/amount.ts'

/** One user's balance in one currency. The available part is never negative: `balance` ≥ `held` ≥ 0. */
export interface Wallet {
  readonly currency: string
  readonly balance: Amount
  readonly held: Amount
}

/**
 * CREDIT and DEBIT move money between the issuer and a user's available balance, HOLD and RELEASE between a user's
 * available and held balance, CAPTURE from the winner's held to the seller's available balance.
 */
export const TRANSFER_KINDS = ['CREDIT', 'DEBIT', 'HOLD', 'RELEASE', 'CAPTURE'] as const
export type TransferKind = (typeof TRANSFER_KINDS)[number]
