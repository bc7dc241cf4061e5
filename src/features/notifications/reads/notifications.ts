import { and, asc, count, desc, eq, getTableColumns, isNull, lte, sql } from 'drizzle-orm'
import { beginTopics } from '../../../engine/history/begin-topics.ts'
import { clock } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Offset, Position } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Slice } from '../../../engine/storage/list-key.ts'
import type { NotificationId } from '../ids.ts'
import type { Notification } from '../rules/notification.ts'
import { notifications } from '../tables.ts'
import { notificationsTopic } from '../topics.ts'

/** A notification and its position in the list of all of the user's notifications. */
export interface NotificationRecord {
  readonly notification: Notification
  readonly rank: number
}

/** The head of a user's notifications, and the number of unread ones. */
export interface Inbox {
  readonly position: Position
  readonly unreadCount: number
}

/** Undefined if `owner` has no notification with this id. */
export async function readNotification(
  executor: Executor,
  id: NotificationId,
  owner: UserId,
): Promise<Notification | undefined> {
  const [row] = await executor
    .select()
    .from(notifications)
    .where(and(eq(notifications.id, id), eq(notifications.userId, owner)))
  return row && notificationOf(row)
}

/** Those of `ids` that still exist, in that order, regardless of owner. */
export async function readNotificationsById(
  executor: Executor,
  ids: readonly NotificationId[],
): Promise<readonly Notification[]> {
  const rows = await executor
    .select()
    .from(notifications)
    .where(sql`${notifications.id} = ANY(${sql.param(ids)})`)
  const found = new Map(rows.map((row) => [row.id, notificationOf(row)]))
  return ids.flatMap((id) => found.get(id) ?? [])
}

/** Reads in one statement. Creates the user's history if it does not exist yet. */
export async function readInbox(executor: Executor, owner: UserId): Promise<Inbox> {
  const topic = notificationsTopic(owner)
  const find = () =>
    executor
      .select({ epoch: topics.epoch, offset: topics.head, unreadCount: count(notifications.id) })
      .from(topics)
      .leftJoin(notifications, and(eq(notifications.userId, owner), isNull(notifications.readAt)))
      .where(eq(topics.topic, topic))
      .groupBy(topics.topic)
  let [row] = await find()
  if (row === undefined) {
    await beginTopics(executor, [topic])
    ;[row] = await find()
  }
  if (row === undefined) throw new Error(`${topic} has no history`)
  const { epoch, offset, unreadCount } = row
  return { position: { epoch, offset }, unreadCount }
}

/** Newest first, up to `through`; fetches one more than requested, if available. */
export async function readNotifications(
  executor: Executor,
  owner: UserId,
  filter: { readonly through: Offset; readonly isUnreadOnly: boolean },
  slice: Slice,
): Promise<readonly NotificationRecord[]> {
  const { after } = slice
  const rows = await executor
    .select()
    .from(notifications)
    .where(
      and(
        eq(notifications.userId, owner),
        lte(notifications.offset, filter.through),
        filter.isUnreadOnly ? isNull(notifications.readAt) : undefined,
        after === null ? undefined : sql`${notifications.offset} < ${after.rank}::bigint`,
      ),
    )
    .orderBy(desc(notifications.offset))
    .limit(slice.limit + 1)
  return rows.map((row) => ({ notification: notificationOf(row), rank: row.offset }))
}

/**
 * The newest `most` unread ones, newest last, and the position that includes them, read in one statement and
 * therefore consistent.
 */
export async function readUnread(
  executor: Executor,
  owner: UserId,
  most: number,
): Promise<{
  readonly position: Position
  readonly at: Instant
  readonly unread: readonly Notification[]
  /** Includes those beyond `most`. */
  readonly unreadCount: number
}> {
  const topic = notificationsTopic(owner)
  const last = executor
    .select(getTableColumns(notifications))
    .from(notifications)
    .where(and(eq(notifications.userId, owner), isNull(notifications.readAt)))
    .orderBy(desc(notifications.offset))
    .limit(most)
    .as('last')
  const rows = await executor
    .select({
      ...{ epoch: topics.epoch, offset: topics.head, at: clock, notification: last._.selectedFields },
      unreadCount: sql<number>`(SELECT count(*)::int FROM ${notifications}
        WHERE ${notifications.userId} = ${owner} AND ${notifications.readAt} IS NULL)`,
    })
    .from(topics)
    .leftJoin(last, eq(topics.topic, topic))
    .where(eq(topics.topic, topic))
    .orderBy(asc(last.offset))
  const [head] = rows
  if (head === undefined) throw new Error(`${topic} has no history`)
  const unread = rows.flatMap((row) => (row.notification === null ? [] : [notificationOf(row.notification)]))
  const { epoch, offset, at, unreadCount } = head
  return { position: { epoch, offset }, at, unread, unreadCount }
}

function notificationOf({
  userId: _owner,
  offset: _rank,
  ...shown
}: typeof notifications.$inferSelect): Notification {
  return shown
}
