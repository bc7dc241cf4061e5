import { appendToTopics } from '../../engine/history/append.ts'
import type { Entry } from '../../engine/history/entry.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { formatInstant, type Instant, later } from '../../engine/kernel/instant.ts'
import { notificationsTopic } from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { statement } from '../../engine/storage/statement.ts'
import type { Notification } from './rules/notification.ts'
import { webhookDeliveries } from './tables.ts'

/** A notification, and whose it is. */
export interface Addressed {
  readonly userId: UserId
  readonly notification: Notification
}

/** How long somebody who is away may take to come back before a push is sent. */
const PUSH_AFTER_MS = 10_000

const SAVE_NOTIFICATIONS = statement(
  'save_notifications',
  `INSERT INTO notifications (id, user_id, "offset", kind, title, body, subject_id, data, created_at)
  SELECT id, u, o, k, t, b, s, d, c
  FROM json_to_recordset($1::json)
    AS row(id text, u text, o bigint, k text, t text, b text, s text, d json, c timestamptz)`,
)

/**
 * Writes new notifications, each user's in order, and returns their entries. `isPushed`: whether the webhook is to have
 * them, too, of people who are away.
 */
export async function notify(
  tx: Transaction,
  addressed: readonly Addressed[],
  now: Instant,
  isPushed = false,
): Promise<readonly Entry[]> {
  if (addressed.length === 0) return []
  const drafts = addressed.map(({ userId, notification }) => {
    return { topic: notificationsTopic(userId), type: 'NotificationCreated', data: { notification } }
  })
  const entries = await appendToTopics(tx, drafts, now)
  const rows = addressed.map(({ userId, notification }, index) => {
    const { id, kind, title, body, subjectId, data } = notification
    // A batch spans rooms, each of which has a moment of its own: the row says the same as the entry.
    const c = formatInstant(notification.createdAt)
    return { id, u: userId, o: entries[index]?.offset, k: kind, t: title, b: body, s: subjectId, d: data, c }
  })
  await SAVE_NOTIFICATIONS(tx, JSON.stringify(rows))
  if (isPushed) await queuePushes(tx, addressed, now)
  return entries
}

async function queuePushes(tx: Transaction, addressed: readonly Addressed[], now: Instant): Promise<void> {
  const dueAt = later(now, PUSH_AFTER_MS)
  const rows = addressed.map(({ userId, notification: { id } }) => {
    return { notificationId: id, userId, createdAt: now, dueAt, attempts: 0 }
  })
  await tx.insert(webhookDeliveries).values(rows)
}
