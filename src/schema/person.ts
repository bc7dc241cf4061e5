import { ROLES, type Role } from '../engine/kernel/actor.ts'
import type { Person } from '../engine/kernel/person.ts'
import type { Builder } from './builder.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'

export const RoleType = new SharedEnum<Role>('Role')
export const User = new SharedObject<Person>('User')

/** Users, and the roles in their tokens. */
export function addPeople(builder: Builder): void {
  RoleType.in(builder, { values: ROLES })

  User.in(builder).implement({
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
}
