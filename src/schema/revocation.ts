import { revokeUser } from '../resolvers/revocations.ts'
import type { Builder } from './builder.ts'
import { asCaller } from './field.ts'

/** The mutation revokeUser. */
export function addRevocation(builder: Builder): void {
  builder.mutationField('revokeUser', (t) =>
    t.boolean({
      description:
        "Administrators: ends a user's connections on every node and refuses their current tokens.",
      args: { userId: t.arg.id({ required: true }), reason: t.arg.string({ required: true }) },
      resolve: asCaller(revokeUser),
    }),
  )
}
