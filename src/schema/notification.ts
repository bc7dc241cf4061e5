import {
  NOTIFICATION_KINDS,
  type NotificationKind as NotificationKindShape,
  type Notification as NotificationShape,
} from '../features/notifications/rules/notification.ts'
import type { NotificationCreatedEvent, NotificationsSettledEvent } from '../features/notifications/source.ts'
import { notificationsPlan } from '../features/notifications/subscriptions.ts'
import { SHARE, STATEMENT } from '../platform/limits/field-cost.ts'
import {
  countUnread,
  type MarkReadPayload,
  markNotificationsRead,
  type NotifyPayload as NotifyPayloadShape,
  notificationsCursor,
  notificationsOfViewer,
  notifyUsers,
} from '../resolvers/notifications.ts'
import type { Builder, TypeOf } from './builder.ts'
import { connectionType } from './connection.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { asCaller, costs, servedBy } from './field.ts'
import { Node } from './node.ts'
import { Rejected } from './result.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'
import { Viewer } from './viewer.ts'

export const NotificationKind = new SharedEnum<NotificationKindShape>('NotificationKind')
const Notification = new SharedObject<NotificationShape>('Notification')

function settledEvent(
  builder: Builder,
  name: string,
  description: string,
): TypeOf<NotificationsSettledEvent> {
  return builder.objectRef<NotificationsSettledEvent>(name).implement({
    interfaces: [Event],
    description,
    fields: (t) => ({
      ids: t.exposeIDList('ids', { description: 'The ids that were unread before.', ...costs({ size: 20 }) }),
      unreadCount: t.exposeInt('unreadCount', {
        description: 'The number of unread notifications after this entry.',
      }),
    }),
  })
}

/** Notifications: the viewer's own, their subscription and commands. */
export function addNotifications(builder: Builder): void {
  addNotification(builder)
  addNotificationsOfViewer(builder)
  addNotificationEvents(builder)
  addMarkRead(builder)
  addNotify(builder)
}

function addNotification(builder: Builder): void {
  NotificationKind.in(builder, {
    description:
      'BID_VOIDED: your bids were voided. LEADING: you lead because a bid was voided. AUCTION_CANCELLED: an auction that you ' +
      'bid in was cancelled.',
    values: NOTIFICATION_KINDS,
  })

  Notification.in(builder).implement({
    interfaces: [Node],
    description: 'Private to one user.',
    fields: (t) => ({
      kind: t.expose('kind', { type: NotificationKind }),
      title: t.exposeString('title'),
      body: t.exposeString('body'),
      subjectId: t.exposeID('subjectId', {
        nullable: true,
        description:
          'What it is about: for OUTBID, LEADING, BID_VOIDED and AUCTION_… the auction, for MENTION and DIRECT_MESSAGE the message.',
      }),
      data: t.expose('data', {
        type: 'JSON',
        nullable: true,
        description:
          'For OUTBID, LEADING, BID_VOIDED and AUCTION_…: auctionId, roomId, price (the auction’s current one, or null), ' +
          'currency and currencyExponent. For AUCTION_CANCELLED also reason. For BID_VOIDED also bidIds, amount (the highest of those bids), ' +
          'voidReason, and reason (the moderator’s). For MENTION and DIRECT_MESSAGE: roomId, messageId, offset and authorId.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      readAt: t.expose('readAt', { type: 'DateTime', nullable: true }),
    }),
  })
}

function addNotificationsOfViewer(builder: Builder): void {
  const NotificationConnection = connectionType(builder, 'Notification', Notification)

  builder.objectFields(Viewer, (t) => ({
    notifications: t.field({
      type: NotificationConnection,
      args: { first: t.arg.int(), after: t.arg.string(), unreadOnly: t.arg.boolean() },
      description: 'Newest first.',
      ...costs({ weight: STATEMENT }),
      resolve: notificationsOfViewer,
    }),
    unreadNotifications: t.int({
      ...costs({ weight: SHARE }),
      resolve: (viewer, _args, context) => countUnread(viewer, context),
    }),
    notificationsCursor: t.field({
      type: 'Cursor',
      description: 'Pass to `notifications(after:)` to receive everything after this read.',
      ...costs({ weight: SHARE }),
      resolve: (viewer, _args, context) => notificationsCursor(viewer, context),
    }),
  }))
}

function addNotificationEvents(builder: Builder): void {
  const NotificationsSnapshot = builder
    .objectRef<
      PresentedSnapshot & { readonly unread: readonly NotificationShape[]; readonly unreadCount: number }
    >('NotificationsSnapshot')
    .implement({
      interfaces: [Event],
      description: 'The unread notifications as of `cursor`, newest last; the newest 200 if there are more.',
      fields: (t) => ({
        reset: t.exposeBoolean('reset', { description: RESET }),
        unread: t.expose('unread', { type: [Notification], ...costs({ size: 20 }) }),
        unreadCount: t.exposeInt('unreadCount', {
          description: 'The total number of unread notifications, even above 200.',
        }),
      }),
    })

  const NotificationCreated = builder.objectRef<NotificationCreatedEvent>('NotificationCreated').implement({
    interfaces: [Event],
    fields: (t) => ({ notification: t.expose('notification', { type: Notification }) }),
  })

  const NotificationsRead = settledEvent(
    builder,
    'NotificationsRead',
    'The user marked them as read, or read the messages that they are about.',
  )

  const NotificationsWithdrawn = settledEvent(
    builder,
    'NotificationsWithdrawn',
    'They no longer exist: their message was deleted, or no longer mentions the user.',
  )

  const NotificationEvent = builder.unionType('NotificationEvent', {
    types: [NotificationsSnapshot, NotificationCreated, NotificationsRead, NotificationsWithdrawn],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionField('notifications', (t) =>
    t.field({
      type: NotificationEvent,
      args: { after: t.arg({ type: 'Cursor' }) },
      ...servedBy(notificationsPlan),
    }),
  )
}

function addMarkRead(builder: Builder): void {
  const MarkNotificationsReadPayload = builder
    .objectRef<MarkReadPayload>('MarkNotificationsReadPayload')
    .implement({ fields: (t) => ({ unreadCount: t.exposeInt('unreadCount') }) })

  const MarkNotificationsReadResult = builder.unionType('MarkNotificationsReadResult', {
    types: [MarkNotificationsReadPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : MarkNotificationsReadPayload),
  })

  builder.mutationField('markNotificationsRead', (t) =>
    t.field({
      type: MarkNotificationsReadResult,
      description:
        "At most 500 ids. Read, unknown and other users' ids are ignored, so that a retry returns the same result.",
      args: { ids: t.arg.idList({ required: true }) },
      resolve: asCaller(markNotificationsRead),
    }),
  )
}

function addNotify(builder: Builder): void {
  const NotifyPayload = builder.objectRef<NotifyPayloadShape>('NotifyPayload').implement({
    fields: (t) => ({
      notifications: t.expose('notifications', { type: [Notification], ...costs({ size: 20 }) }),
    }),
  })

  const NotifyResult = builder.unionType('NotifyResult', {
    types: [NotifyPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : NotifyPayload),
  })

  const NotifyInput = builder.inputType('NotifyInput', {
    fields: (t) => ({
      userIds: t.idList({ required: true, description: 'At most 1000; each is notified once.' }),
      kind: t.field({ type: NotificationKind, required: true }),
      title: t.string({ required: true, description: '1 to 200 characters.' }),
      body: t.string({ required: true, description: '1 to 4000 characters.' }),
      subjectId: t.id(),
      data: t.field({ type: 'JSON' }),
      idempotencyKey: t.string({ required: true }),
    }),
  })

  builder.mutationField('notify', (t) =>
    t.field({
      type: NotifyResult,
      description: 'Services and administrators. May name unknown users.',
      args: { input: t.arg({ type: NotifyInput, required: true }) },
      resolve: asCaller(({ input }, context) => notifyUsers(input, context)),
    }),
  )
}
