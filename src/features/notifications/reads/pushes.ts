import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { timestamp } from '../../../engine/history/columns.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Slice } from '../../../engine/storage/list-key.ts'
import { users } from '../../users/tables.ts'
import type { NotificationId } from '../ids.ts'
import type { NotificationKind } from '../rules/notification.ts'
import { notifications, webhookDeliveries } from '../tables.ts'

/** A notification that the webhook finally failed to deliver. Its content belongs to its user alone. */
export interface FailedPush {
  readonly notificationId: NotificationId
  readonly user: Person
  /** Null if the notification has been deleted. */
  readonly kind: NotificationKind | null
  readonly createdAt: Instant
  readonly attempts: number
  /** Why the last attempt failed. */
  readonly problem: string | null
}

/** Newest first; fetches one more than requested, if available. */
export async function readFailedPushes(
  executor: Executor,
  { after, limit }: Slice,
): Promise<readonly FailedPush[]> {
  const { notificationId, userId, createdAt, attempts, problem } = webhookDeliveries
  const rows = await executor
    .select({
      ...{ notificationId, userId, createdAt, attempts, problem },
      ...{ kind: notifications.kind, name: users.name },
    })
    .from(webhookDeliveries)
    .leftJoin(notifications, eq(notifications.id, notificationId))
    .leftJoin(users, eq(users.id, userId))
    .where(
      and(
        isNull(webhookDeliveries.dueAt),
        after === null
          ? undefined
          : sql`(${createdAt}, ${notificationId}) < (${timestamp(after.rank)}, ${after.id})`,
      ),
    )
    .orderBy(desc(createdAt), desc(notificationId))
    .limit(limit + 1)
  return rows.map(({ userId: id, name, ...push }) => ({ ...push, user: { id, name: name ?? id } }))
}

export async function countFailedPushes(executor: Executor): Promise<number> {
  return executor.$count(webhookDeliveries, isNull(webhookDeliveries.dueAt))
}
