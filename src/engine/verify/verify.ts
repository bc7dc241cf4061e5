import { verifyAuctions } from '../../features/auctions/verify/auctions.ts'
import { verifyMoney } from '../../features/wallets/verify.ts'
import type { Database, Executor } from '../storage/database.ts'
import type { Difference } from './difference.ts'

/** A verification reads every auction: it may take longer than any other transaction. */
const TIMEOUT_MS = 60 * 60 * 1000

/**
 * Everything that the database says in two places, and differently. All statements see the database as of one moment, so
 * that servers may go on writing.
 */
export async function* verifyRecord(database: Database): AsyncGenerator<Difference, void> {
  yield* await database.snapshot((tx) => Array.fromAsync(verifyAll(tx)), { timeoutMs: TIMEOUT_MS })
}

async function* verifyAll(executor: Executor): AsyncGenerator<Difference, void> {
  yield* verifyAuctions(executor)
  yield* verifyMoney(executor)
}
