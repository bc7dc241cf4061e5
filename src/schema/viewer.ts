import { ROLES } from '../engine/kernel/actor.ts'
import type { Viewer as ViewerShape } from '../platform/auth/viewer.ts'
import { SHARE, STATEMENT } from '../platform/limits/field-cost.ts'
import { authenticate } from '../resolvers/authenticate.ts'
import { callContextOf } from '../resolvers/context.ts'
import { countUnread, notificationsCursor, notificationsOfViewer } from '../resolvers/notifications.ts'
import { roomsOfViewer } from '../resolvers/rooms.ts'
import { walletOfViewer } from '../resolvers/wallets.ts'
import { builder } from './builder.ts'
import { asCaller, costs } from './field.ts'
import { NotificationConnection } from './notification.ts'
import { RoleType, User } from './person.ts'
import { Rejected } from './result.ts'
import { RoomConnection } from './room.ts'
import { Wallet } from './wallet.ts'

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'The signed-in caller.',
  fields: (t) => ({
    user: t.expose('user', { type: User }),
    roles: t.field({
      type: [RoleType],
      ...costs({ size: 4 }),
      resolve: ({ roles }) => ROLES.filter((role) => roles.has(role)),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the current token stops being valid.',
    }),
    wallet: t.field({
      type: Wallet,
      args: { currency: t.arg.string({ required: true }) },
      ...costs({ weight: STATEMENT }),
      resolve: walletOfViewer,
    }),
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
      description: 'Pass to `notifications(after:)`: whatever happens after this read arrives.',
      ...costs({ weight: SHARE }),
      resolve: (viewer, _args, context) => notificationsCursor(viewer, context),
    }),
    rooms: t.field({
      type: RoomConnection,
      args: { first: t.arg.int(), after: t.arg.string() },
      description: 'Those that the caller is a member of, newest first.',
      ...costs({ weight: STATEMENT }),
      resolve: roomsOfViewer,
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    description: 'Null when the caller is not signed in.',
    resolve: (_root, _args, context) => callContextOf(context).viewer,
  }),
)

const Authenticated = builder.objectRef<{ readonly viewer: ViewerShape }>('Authenticated').implement({
  fields: (t) => ({ viewer: t.expose('viewer', { type: Viewer }) }),
})

const AuthenticateResult = builder.unionType('AuthenticateResult', {
  types: [Authenticated, Rejected],
  resolveType: (result) => ('viewer' in result ? Authenticated : Rejected),
})

builder.mutationField('authenticate', (t) =>
  t.field({
    type: AuthenticateResult,
    description:
      'On a WebSocket: signs this connection in, or renews its token, without dropping its subscriptions.',
    args: { token: t.arg.string({ required: true }) },
    resolve: asCaller(authenticate),
  }),
)
