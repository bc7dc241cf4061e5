import { and, eq } from 'drizzle-orm'
import type { Wallet } from '../../domain/wallet/wallet.ts'
import type { UserId } from '../../kernel/id.ts'
import type { Executor } from '../database.ts'
import { wallets } from '../schema.ts'

/** Undefined where the user never had anything in this currency. */
export async function readWallet(
  executor: Executor,
  userId: UserId,
  currency: string,
): Promise<Wallet | undefined> {
  const { balance, held } = wallets
  const [row] = await executor
    .select({ currency: wallets.currency, balance, held })
    .from(wallets)
    .where(and(eq(wallets.userId, userId), eq(wallets.currency, currency)))
  return row
}
