import type { Database, Executor } from '../storage/database.ts'
import type { Difference } from './difference.ts'

/** Recomputes what a feature stores twice, and yields each difference. */
export type Verify = (executor: Executor) => AsyncIterable<Difference>

/** A verification reads everything that is stored twice: it may take longer than any other transaction. */
const TIMEOUT_MS = 60 * 60 * 1000

/**
 * Every difference that the verifications of all features find. All statements see the database as of one moment, so
 * servers may keep writing.
 */
export async function* verifyDatabase(
  database: Database,
  verifications: readonly Verify[],
): AsyncGenerator<Difference, void> {
  yield* await database.snapshot((tx) => Array.fromAsync(verifyAll(tx, verifications)), {
    timeoutMs: TIMEOUT_MS,
  })
}

async function* verifyAll(
  executor: Executor,
  verifications: readonly Verify[],
): AsyncGenerator<Difference, void> {
  for (const verify of verifications) yield* verify(executor)
}
