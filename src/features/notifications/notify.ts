import { appendToTopics } from '../../engine/history/append.ts'
import type { Entry } from '../../engine/history/entry.ts'
import { formatInstant, type Instant } from '../../engine/kernel/instant.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { statement } from '../../engine/storage/statement.ts'
import type { Addressed, NotificationHook } from './hooks.ts'
import { notificationsTopic } from './topics.ts'

const SAVE_NOTIFICATIONS = statement(
  'save_notifications',
  `INSERT INTO notifications (id, user_id, "offset", kind, title, body, subject_id, data, created_at)
  SELECT id, u, o, k, t, b, s, d, c
  FROM json_to_recordset($1::json)
    AS row(id text, u text, o bigint, k text, t text, b text, s text, d json, c timestamptz)`,
)

/** Writes new notifications, each user's in order, and returns their entries. */
export async function notify(
  tx: Transaction,
  addressed: readonly Addressed[],
  now: Instant,
  hooks: readonly NotificationHook[],
): Promise<readonly Entry[]> {
  if (addressed.length === 0) return []
  const drafts = addressed.map(({ userId, notification }) => {
    return { topic: notificationsTopic(userId), type: 'NotificationCreated', data: { notification } }
  })
  const entries = await appendToTopics(tx, drafts, now)
  const rows = addressed.map(({ userId, notification }, index) => {
    const { id, kind, title, body, subjectId, data } = notification
    // A batch spans rooms with different clocks: the row carries the same time as the entry.
    const c = formatInstant(notification.createdAt)
    return { id, u: userId, o: entries[index]?.offset, k: kind, t: title, b: body, s: subjectId, d: data, c }
  })
  await SAVE_NOTIFICATIONS(tx, JSON.stringify(rows))
  for (const hook of hooks) await hook.onNotify(tx, addressed, now)
  return entries
}
