import { STATEMENT } from '../platform/limits/field-cost.ts'
import {
  countAllFailedPushes,
  type FailedPush as FailedPushShape,
  failedPushes,
} from '../resolvers/pushes.ts'
import type { Builder } from './builder.ts'
import { connectionType } from './connection.ts'
import { asCaller, costs } from './field.ts'
import { NotificationKind } from './notification.ts'
import { User } from './person.ts'

/** Notifications that the webhook did not accept. */
export function addFailedPushes(builder: Builder): void {
  const FailedPush = builder.objectRef<FailedPushShape>('FailedPush').implement({
    description:
      'A notification that the webhook did not accept within 24 hours. Its content is visible to its user only.',
    fields: (t) => ({
      notificationId: t.exposeID('notificationId'),
      user: t.expose('user', { type: User }),
      kind: t.expose('kind', {
        type: NotificationKind,
        nullable: true,
        description: 'Null once the notification is deleted by retention.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      attempts: t.exposeInt('attempts'),
      problem: t.exposeString('problem', { nullable: true, description: 'Why the last attempt failed.' }),
    }),
  })

  const FailedPushConnection = connectionType(builder, 'FailedPush', FailedPush)

  builder.objectField(FailedPushConnection, 'totalCount', (t) =>
    t.int({ ...costs({ weight: STATEMENT }), resolve: countAllFailedPushes }),
  )

  builder.queryField('failedPushes', (t) =>
    t.field({
      type: FailedPushConnection,
      description:
        'Administrators: notifications that NOTIFICATION_WEBHOOK_URL never accepted, newest first.',
      args: { first: t.arg.int(), after: t.arg.string() },
      ...costs({ weight: STATEMENT }),
      resolve: asCaller(failedPushes),
    }),
  )
}
