import { inArray } from 'drizzle-orm'
import type { Telling } from '../domain/notification/consequences.ts'
import { type AuctionSubject, notificationOf } from '../domain/notification/wording.ts'
import { newNotificationId } from '../kernel/id.ts'
import type { Instant } from '../kernel/instant.ts'
import { notificationsTopic } from '../kernel/topic.ts'
import { appendEntries } from '../log/append.ts'
import type { Transaction } from '../log/database.ts'
import type { Entry } from '../log/entry.ts'
import { notifications, topics } from '../log/schema.ts'
import { beginTopics } from '../log/seed.ts'

/** Writes the notifications of `tellings`, each user's in order, and returns their entries. */
export async function tell(
  tx: Transaction,
  tellings: readonly Telling[],
  subject: AuctionSubject,
  now: Instant,
): Promise<readonly Entry[]> {
  if (tellings.length === 0) return []
  const inboxes = [...Map.groupBy(tellings, ({ userId }) => notificationsTopic(userId))]
  // Locks are taken in this order, by everyone who takes several; a topic that begins is locked by beginning.
  inboxes.sort(([one], [other]) => (one < other ? -1 : 1))
  const known = await tx
    .select({ topic: topics.topic })
    .from(topics)
    .where(
      inArray(
        topics.topic,
        inboxes.map(([topic]) => topic),
      ),
    )
  const begun = new Set(known.map(({ topic }) => topic))
  const entries: Entry[] = []
  const rows: (typeof notifications.$inferInsert)[] = []
  for (const [topic, told] of inboxes) {
    if (!begun.has(topic)) await beginTopics(tx, [topic])
    const made = told.map((telling) => {
      return {
        telling,
        notification: notificationOf(telling, subject, { id: newNotificationId(), createdAt: now }),
      }
    })
    const drafts = made.map(({ notification }) => ({ type: 'NotificationCreated', data: { notification } }))
    const appended = await appendEntries(tx, topic, drafts, now, null)
    entries.push(...appended)
    for (const [index, { telling, notification }] of made.entries()) {
      const entry = appended[index]
      if (entry === undefined) throw new RangeError('every draft becomes an entry')
      rows.push({ ...notification, userId: telling.userId, offset: entry.offset })
    }
  }
  await tx.insert(notifications).values(rows)
  return entries
}
