import { ROLES } from '../engine/kernel/actor.ts'
import type { Person } from '../engine/kernel/person.ts'
import { builder } from './builder.ts'

export const RoleType = builder.enumType('Role', { values: ROLES })

export const User = builder.objectRef<Person>('User').implement({
  description:
    "`id` is the token's `sub`, verbatim. A user exists from the first valid token seen, or from being named by a service.",
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        "The `sub` of the user's tokens, verbatim. It never starts with a prefix of generated ids (`auc_`, `room_` …).",
    }),
    name: t.exposeString('name', {
      description:
        "The name in the latest token seen, at most 200 characters; the user's id before the first.",
    }),
  }),
})
