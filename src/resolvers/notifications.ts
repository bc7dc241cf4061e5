import type { Viewer } from '../auth/viewer.ts'
import type { Notification } from '../domain/notification/notification.ts'
import { type Cursor, encodeCursor } from '../kernel/cursor.ts'
import { asNotificationId } from '../kernel/id.ts'
import { notificationsTopic } from '../kernel/topic.ts'
import {
  type Inbox,
  type NotificationRecord,
  readInbox,
  readNotification,
  readNotifications,
} from '../log/read/notifications.ts'
import type { CallContext, SharedContext } from './context.ts'
import { once } from './once.ts'
import { type Connection, connectionOf, type ForwardArgs, sliceOf } from './paging.ts'
import { type RejectedResult, refusalOf } from './result.ts'
import { actorIn, signedIn } from './signed-in.ts'

export interface NotificationsArgs extends ForwardArgs {
  readonly unreadOnly?: boolean | null | undefined
}

/**
 * One look for each operation: the list and the count go as far as the cursor, so that whatever came since comes after
 * it.
 */
const looks = new WeakMap<SharedContext, () => Promise<Inbox>>()

function inboxOf(viewer: Viewer, context: SharedContext): Promise<Inbox> {
  const known = looks.get(context)
  const look = known ?? once(() => readInbox(context.services.database, viewer.user.id))
  if (known === undefined) looks.set(context, look)
  return look()
}

/** Newest first. */
export async function notificationsOfViewer(
  viewer: Viewer,
  args: NotificationsArgs,
  context: SharedContext,
): Promise<Connection<Notification>> {
  const slice = sliceOf('notifications', args)
  const { position } = await inboxOf(viewer, context)
  const filter = { through: position.offset, isUnreadOnly: args.unreadOnly ?? false }
  const records = await readNotifications(context.services.database, viewer.user.id, filter, slice)
  const keyOf = ({ rank }: NotificationRecord) => ({ rank, id: '' })
  return connectionOf('notifications', slice, records, keyOf, ({ notification }) => notification)
}

export async function countUnread(viewer: Viewer, context: SharedContext): Promise<number> {
  return (await inboxOf(viewer, context)).unreadCount
}

export async function notificationsCursor(viewer: Viewer, context: SharedContext): Promise<Cursor> {
  const { position } = await inboxOf(viewer, context)
  return encodeCursor(notificationsTopic(viewer.user.id), position)
}

/** Null for everyone but its owner. */
export async function notification(
  args: { readonly id: string },
  { services, viewer }: CallContext,
): Promise<Notification | null> {
  if (viewer === null) return null
  return (await readNotification(services.database, asNotificationId(args.id), viewer.user.id)) ?? null
}

export interface MarkReadPayload {
  readonly kind: 'accepted'
  readonly unreadCount: number
}

export type MarkReadResult = MarkReadPayload | RejectedResult

export async function markNotificationsRead(
  args: { readonly ids: readonly string[] },
  context: CallContext,
): Promise<MarkReadResult> {
  const actor = actorIn(context)
  const { user } = signedIn(context)
  const body = { kind: 'markRead', ids: args.ids.map(asNotificationId) } as const
  const outcome = await context.services.dispatch.notifications(user.id, actor, body)
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  return { kind: 'accepted', unreadCount: outcome.reply.unreadCount }
}
