import { signedIn } from '../engine/hub/plan-context.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asUserId } from '../engine/kernel/id.ts'
import { once } from '../engine/kernel/memoize.ts'
import { notificationFamily, serviceNotificationFamily } from '../features/notifications/families.ts'
import { asNotificationId, newNotificationId, notificationIds } from '../features/notifications/ids.ts'
import {
  type Inbox,
  type NotificationRecord,
  readInbox,
  readNotification,
  readNotifications,
  readNotificationsById,
} from '../features/notifications/reads/notifications.ts'
import type { Notification, NotificationKind } from '../features/notifications/rules/notification.ts'
import { notificationsTopic } from '../features/notifications/topics.ts'
import { ensureUsers } from '../features/users/users.ts'
import type { Viewer } from '../platform/auth/viewer.ts'
import type { CallContext, SharedContext } from './context.ts'
import type { NodeLoader } from './node.ts'
import { type Connection, connectionOf, defineList, type ForwardArgs, sliceOf } from './paging.ts'
import { readFor } from './read-for.ts'
import { type RejectedResult, readKey, refusalOf } from './result.ts'
import { actorIn } from './signed-in.ts'

const NOTIFICATIONS = defineList<NotificationRecord>('notifications', ({ rank }) => ({ rank, id: '' }))

export interface NotificationsArgs extends ForwardArgs {
  readonly unreadOnly?: boolean | null | undefined
}

/** One read per operation: the list and the count match the cursor, so later changes come after it. */
const looks = new WeakMap<SharedContext, () => Promise<Inbox>>()

function inboxOf(viewer: Viewer, context: SharedContext): Promise<Inbox> {
  const known = looks.get(context)
  const look = known ?? once(() => readFor(context, (database) => readInbox(database, viewer.user.id)))
  if (known === undefined) looks.set(context, look)
  return look()
}

/** Newest first. */
export async function notificationsOfViewer(
  viewer: Viewer,
  args: NotificationsArgs,
  context: SharedContext,
): Promise<Connection<Notification>> {
  const slice = sliceOf(NOTIFICATIONS, args)
  const { position } = await inboxOf(viewer, context)
  const filter = { through: position.offset, isUnreadOnly: args.unreadOnly ?? false }
  const records = await readFor(context, (database) =>
    readNotifications(database, viewer.user.id, filter, slice),
  )
  return connectionOf(NOTIFICATIONS, slice, records, ({ notification }) => notification)
}

export async function countUnread(viewer: Viewer, context: SharedContext): Promise<number> {
  return (await inboxOf(viewer, context)).unreadCount
}

export async function notificationsCursor(viewer: Viewer, context: SharedContext): Promise<Cursor> {
  const { position } = await inboxOf(viewer, context)
  return encodeCursor(notificationsTopic(viewer.user.id), position)
}

/** Null for everyone except its owner. */
async function notification(
  args: { readonly id: string },
  context: CallContext,
): Promise<Notification | null> {
  const { viewer } = context
  if (viewer === null) return null
  const id = asNotificationId(args.id)
  return (await readFor(context, (database) => readNotification(database, id, viewer.user.id))) ?? null
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
  const outcome = await context.services.dispatch(notificationFamily, user.id, actor, body)
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  return { kind: 'accepted', unreadCount: outcome.reply.unreadCount }
}

export interface NotifyInput {
  readonly userIds: readonly string[]
  readonly kind: NotificationKind
  readonly title: string
  readonly body: string
  readonly subjectId?: string | null | undefined
  readonly data?: unknown
  readonly idempotencyKey: string
}

export interface NotifyPayload {
  readonly kind: 'accepted'
  readonly notifications: readonly Notification[]
}

export type NotifyResult = NotifyPayload | RejectedResult

/** A retry shows what is still stored of the first answer. */
export async function notifyUsers(input: NotifyInput, context: CallContext): Promise<NotifyResult> {
  const actor = actorIn(context)
  const { user } = signedIn(context)
  const reading = readKey('notify', input)
  if (reading.kind === 'rejected') return reading
  const { kind, title, body, subjectId = null, data = null } = input
  const userIds = input.userIds.map(asUserId)
  const recipients = userIds.map((userId) => ({ userId, id: newNotificationId() }))
  const command = { recipients, kind, title, body, subjectId, data }
  const { dispatch, database } = context.services
  const outcome = await dispatch(serviceNotificationFamily, user.id, actor, command, reading.key)
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  await ensureUsers(database, userIds)
  const notifications = outcome.state ?? (await readNotificationsById(database, outcome.reply.ids))
  return { kind: 'accepted', notifications }
}

export const notificationNode: NodeLoader = {
  prefix: notificationIds.prefix,
  typeName: 'Notification',
  load: (id, context) => notification({ id }, context),
}
