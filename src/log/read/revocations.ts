import type { UserId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Executor } from '../database.ts'
import { revocations } from '../schema.ts'

/** Until when the tokens of each revoked user are refused by the moment of their issue. */
export async function readRevocations(executor: Executor): Promise<ReadonlyMap<UserId, Instant>> {
  const { userId, revokedAt } = revocations
  const rows = await executor.select({ userId, revokedAt }).from(revocations)
  return new Map(rows.map((row) => [row.userId, row.revokedAt]))
}
