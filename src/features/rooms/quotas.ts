import { sql } from 'drizzle-orm'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { RoomId } from './ids.ts'
import type { OwnedRooms } from './rules/quota.ts'

/**
 * Counts what a user owns, for a transaction that adds to it. Until that transaction ends, no other one on any node
 * counts for the same user: two concurrent creations would both find room for one. The lock is transaction-scoped, so
 * it works behind connection poolers.
 */
export async function countOwnedRooms(tx: Transaction, userId: UserId): Promise<OwnedRooms> {
  await lockQuota(tx, userId)
  const { rows } = await tx.execute<{ open: number; last_hour: number }>(sql`
    SELECT count(*) FILTER (WHERE r.phase <> 'ENDED')::int AS open,
      count(*) FILTER (WHERE r.created_at > clock_timestamp() - interval '1 hour')::int AS last_hour
    FROM members m JOIN rooms r ON r.id = m.room_id
    WHERE m.user_id = ${userId} AND m.role = 'OWNER'`)
  const [found] = rows
  return { open: found?.open ?? 0, ofLastHour: found?.last_hour ?? 0 }
}

/**
 * The open auctions in all rooms of the owner of `roomId`: auctions that others create in a room count towards its
 * owner's quota.
 */
export async function countOpenAuctions(tx: Transaction, roomId: RoomId): Promise<number> {
  const { rows: owners } = await tx.execute<{ user_id: UserId }>(
    sql`SELECT user_id FROM members WHERE room_id = ${roomId} AND role = 'OWNER'`,
  )
  const owner = owners[0]?.user_id
  if (owner === undefined) return 0
  await lockQuota(tx, owner)
  const { rows } = await tx.execute<{ open: number }>(sql`
    SELECT count(*)::int AS open
    FROM members m JOIN auctions a ON a.room_id = m.room_id
    WHERE m.user_id = ${owner} AND m.role = 'OWNER' AND a.phase IN ('SCHEDULED', 'LIVE', 'PAUSED')`)
  return rows[0]?.open ?? 0
}

async function lockQuota(tx: Transaction, userId: UserId): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`quota:${userId}`}, 0))`)
}
