import { and, count, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { type Aggregate, SAVED } from '../../engine/commands/aggregate.ts'
import { asUserId } from '../../engine/kernel/id.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import type { NotificationId } from './ids.ts'
import type { NotificationCommand, NotificationReply } from './rules/command.ts'
import { decideNotifications, type Inbox } from './rules/decide.ts'
import type { NotificationEvent } from './rules/event.ts'
import { evolveNotifications } from './rules/evolve.ts'
import { notifications } from './tables.ts'

/**
 * One user's notifications: written by the follower, marked as read here. The history starts with the first of them.
 */
export const notificationsAggregate: Aggregate<
  NotificationCommand,
  NotificationReply,
  Inbox,
  NotificationEvent,
  null
> = {
  topicsBegunBy: ({ topic }) => [topic],

  async load(tx, { topic, commands }) {
    const isUnread = and(eq(notifications.userId, asUserId(idOf(topic))), isNull(notifications.readAt))
    const ids = [...new Set(commands.flatMap(({ body }) => body.ids))]
    const [counted] = await tx.select({ unread: count() }).from(notifications).where(isUnread)
    const unread = await tx
      .select({ id: notifications.id })
      .from(notifications)
      .where(and(isUnread, isOneOf(ids)))
    return { unreadCount: counted?.unread ?? 0, unread: new Set(unread.map(({ id }) => id)) }
  },

  decide: (inbox, { body }) => decideNotifications(inbox, body),

  evolve: evolveNotifications,

  entryOf: ({ type, ids, unreadCount }) => ({ type, data: { ids, unreadCount } }),

  async save(tx, { now, steps }) {
    const ids = steps.flatMap(({ event }) => event.ids)
    await tx.update(notifications).set({ readAt: now }).where(isOneOf(ids))
    return SAVED
  },

  viewOf: () => null,
}

/** A single array parameter: clients choose the number of ids, and a statement takes at most 65,535 parameters. */
function isOneOf(ids: readonly NotificationId[]): SQL {
  return sql`${notifications.id} = ANY(${sql.param(ids)})`
}
