import type { Amount } from '../engine/kernel/amount.ts'
import { isCurrency, isoExponent } from '../engine/kernel/currency.ts'
import { asUserId, isUserId, userIdRule } from '../engine/kernel/id.ts'
import { ensureUser } from '../features/users/users.ts'
import { readExponents } from '../features/wallets/exponents.ts'
import { walletFamily } from '../features/wallets/family.ts'
import { readWallet } from '../features/wallets/reads/wallets.ts'
import { emptyWallet } from '../features/wallets/rules/transfer.ts'
import type { Wallet } from '../features/wallets/rules/wallet.ts'
import type { Viewer } from '../platform/auth/viewer.ts'
import type { CallContext, SharedContext } from './context.ts'
import { readFor } from './read-for.ts'
import { type RejectedResult, readKey, refusalOf, rejected } from './result.ts'
import { actorIn } from './signed-in.ts'

export interface WalletPayload {
  readonly kind: 'accepted'
  readonly wallet: Wallet
}

export type WalletResult = WalletPayload | RejectedResult

export interface CreditWalletArgs {
  readonly userId: string
  readonly currency: string
  readonly amount: Amount
  readonly idempotencyKey: string
}

/** May name an unknown user. A retry with the same key gets the current wallet. */
export async function creditWallet(args: CreditWalletArgs, context: CallContext): Promise<WalletResult> {
  const actor = actorIn(context)
  const { dispatch, database } = context.services
  const reading = readKey('creditWallet', args)
  if (reading.kind === 'rejected') return reading
  if (!isUserId(args.userId)) return rejected('INVALID_INPUT', `A user's id ${userIdRule()}.`, 'userId')
  const { currency, amount } = args
  const userId = asUserId(args.userId)
  const outcome = await dispatch(
    walletFamily,
    userId,
    actor,
    { kind: 'credit', userId, currency, amount },
    reading.key,
  )
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  await ensureUser(database, userId)
  const wallet = outcome.state ?? (await readWallet(database, userId, currency)) ?? emptyWallet(currency)
  return { kind: 'accepted', wallet }
}

/** Null until the first auction in a currency outside ISO 4217. */
export async function exponentOfWallet(
  { currency }: Pick<Wallet, 'currency'>,
  context: SharedContext,
): Promise<number | null> {
  const exponent = isoExponent(currency)
  if (exponent !== undefined) return exponent
  const found = await readFor(context, (database) => readExponents(database, [currency]))
  return found.get(currency) ?? null
}

/** Zeroes if there is no wallet. */
export async function walletOfViewer(
  { user }: Viewer,
  { currency }: { readonly currency: string },
  context: SharedContext,
): Promise<Wallet> {
  if (!isCurrency(currency)) return emptyWallet(currency)
  const stored = await readFor(context, (database) => readWallet(database, user.id, currency))
  return stored ?? emptyWallet(currency)
}
