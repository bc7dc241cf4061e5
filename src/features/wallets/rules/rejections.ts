import { rejectingWith } from '../../../engine/kernel/decision.ts'

export const WALLET_REJECTIONS = ['INSUFFICIENT_FUNDS'] as const

/** Rejects a command with a code of wallets or of the features they build on. */
export const reject = rejectingWith(WALLET_REJECTIONS)
