import { and, eq } from 'drizzle-orm'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Wallet } from '../rules/wallet.ts'
import { wallets } from '../tables.ts'

/** Undefined if the user never had a balance in this currency. */
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
