import { eq, sql } from 'drizzle-orm'
import type { UserId } from '../../../engine/kernel/id.ts'
import { type Instant, instant, later } from '../../../engine/kernel/instant.ts'
import type { Database, Transaction } from '../../../engine/storage/database.ts'
import type { Addressed } from '../hooks.ts'
import type { NotificationId } from '../ids.ts'
import type { Notification } from '../rules/notification.ts'
import { notifications, webhookDeliveries } from '../tables.ts'

/** A notification queued for the webhook, leased by one node. */
export interface Delivery {
  readonly notification: Notification
  readonly userId: UserId
  /** Including this one. */
  readonly attempt: number
  /** By the database's clock. */
  readonly now: Instant
}

/** Grace period for users who are away to return before a push is sent. */
const PUSH_AFTER_MS = 10_000

/** Queues new notifications for the webhook, in the transaction that creates them. */
export async function queuePushes(
  tx: Transaction,
  addressed: readonly Addressed[],
  now: Instant,
): Promise<void> {
  const dueAt = later(now, PUSH_AFTER_MS)
  const rows = addressed.map(({ userId, notification: { id } }) => {
    return { notificationId: id, userId, createdAt: now, dueAt, attempts: 0 }
  })
  await tx.insert(webhookDeliveries).values(rows)
}

/**
 * The next due deliveries, at most `count`, leased for `holdMs`: no other node takes them meanwhile, and if this node
 * dies they become due again. Drops those that were read meanwhile or no longer exist.
 */
export async function takeDue(
  database: Database,
  count: number,
  holdMs: number,
): Promise<readonly Delivery[]> {
  const { rows } = await database.execute<{ id: NotificationId; attempt: number; now: number }>(sql`
    UPDATE webhook_deliveries
    SET attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => ${holdMs / 1000}::float8)
    WHERE notification_id IN (
      SELECT notification_id FROM webhook_deliveries WHERE due_at <= clock_timestamp()
      ORDER BY due_at LIMIT ${count} FOR UPDATE SKIP LOCKED)
    RETURNING notification_id AS id, attempts AS attempt,
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`)
  if (rows.length === 0) return []
  const found = await database
    .select()
    .from(notifications)
    .where(sql`${notifications.id} = ANY(${sql.param(rows.map(({ id }) => id))})`)
  const known = new Map(found.map((row) => [row.id, row]))
  const deliveries: Delivery[] = []
  for (const { id, attempt, now } of rows) {
    const row = known.get(id)
    if (row === undefined || row.readAt !== null) await drop(database, id)
    else {
      const { userId, offset: _rank, ...notification } = row
      deliveries.push({ notification, userId, attempt, now: instant(now) })
    }
  }
  return deliveries
}

/** Removes a delivery that arrived or is no longer needed. */
export async function drop(database: Database, id: NotificationId): Promise<void> {
  await database.delete(webhookDeliveries).where(eq(webhookDeliveries.notificationId, id))
}

/** Retries `pauseMs` from now; null: never, but it stays listed. */
export async function postpone(
  database: Database,
  id: NotificationId,
  problem: string,
  pauseMs: number | null,
): Promise<void> {
  const dueAt =
    pauseMs === null ? sql`NULL` : sql`clock_timestamp() + make_interval(secs => ${pauseMs / 1000}::float8)`
  await database.execute(sql`
    UPDATE webhook_deliveries SET due_at = ${dueAt}, problem = ${problem} WHERE notification_id = ${id}`)
}
