import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import { revocations } from '../tables.ts'

/** For each revoked user, the instant up to which issued tokens are rejected. */
export async function readRevocations(executor: Executor): Promise<ReadonlyMap<UserId, Instant>> {
  const { userId, revokedAt } = revocations
  const rows = await executor.select({ userId, revokedAt }).from(revocations)
  return new Map(rows.map((row) => [row.userId, row.revokedAt]))
}
