import { sql } from 'drizzle-orm'
import { bigint, index, integer, json, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Offset } from '../../engine/kernel/position.ts'
import type { Topic } from '../../engine/kernel/topic.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { NotificationId } from './ids.ts'
import type { Following } from './rules/following.ts'
import type { NotificationKind } from './rules/notification.ts'

/** Notifications queued for the webhook. A row is deleted once delivered or no longer needed. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    notificationId: text('notification_id').$type<NotificationId>().primaryKey(),
    userId: text('user_id').$type<UserId>().notNull(),
    createdAt: instantColumn('created_at').notNull(),
    /** When to try next; null: gave up. */
    dueAt: instantColumn('due_at'),
    attempts: integer().notNull(),
    /** Why the last attempt failed. */
    problem: text(),
  },
  (t) => [index('webhook_deliveries_due').on(t.dueAt)],
)

/** Private to one user. */
export const notifications = pgTable(
  'notifications',
  {
    id: text().$type<NotificationId>().primaryKey(),
    userId: text('user_id').$type<UserId>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    kind: text().$type<NotificationKind>().notNull(),
    title: text().notNull(),
    body: text().notNull(),
    subjectId: text('subject_id'),
    data: json(),
    createdAt: instantColumn('created_at').notNull(),
    readAt: instantColumn('read_at'),
  },
  (t) => [
    uniqueIndex('notifications_history').on(t.userId, t.offset),
    index('notifications_unread').on(t.userId, t.offset).where(sql`read_at IS NULL`),
    index('notifications_read').on(t.readAt).where(sql`read_at IS NOT NULL`),
    /** For withdrawing notifications when a message changes. */
    index('notifications_of_message')
      .on(t.subjectId)
      .where(sql`read_at IS NULL AND kind IN ('MENTION', 'DIRECT_MESSAGE')`),
  ],
)

/** A follower's progress through a topic's entries, and the state it needs to continue. */
export const followers = pgTable('followers', {
  topic: text().$type<Topic>().primaryKey(),
  position: bigint({ mode: 'number' }).$type<Offset>().notNull(),
  state: json().$type<Following>().notNull(),
})
