import type { Database, Executor } from '../storage/database.ts'
import type { Difference } from './difference.ts'

/** Recomputes the redundant data of a feature and yields each difference. */
export type Verify = (executor: Executor) => AsyncIterable<Difference>

/** A verification reads all redundant data, so it may take longer than any other transaction. */
const TIMEOUT_MS = 60 * 60 * 1000

/**
 * Yields the differences found by the verifications of all features. All statements read one snapshot of the database, so
 * servers may keep writing meanwhile.
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
