import { ROLES } from '../engine/kernel/actor.ts'
import type { Viewer as ViewerShape } from '../platform/auth/viewer.ts'
import { authenticate } from '../resolvers/authenticate.ts'
import { callContextOf } from '../resolvers/context.ts'
import type { Builder } from './builder.ts'
import { asCaller, costs } from './field.ts'
import { RoleType, User } from './person.ts'
import { Rejected } from './result.ts'
import { SharedObject } from './shared-types.ts'

export const Viewer = new SharedObject<ViewerShape>('Viewer')

/** The signed-in caller, and the mutation that signs a connection in. */
export function addViewer(builder: Builder): void {
  Viewer.in(builder).implement({
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
}
