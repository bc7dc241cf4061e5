import { ROLES, type Role } from '../../engine/kernel/actor.ts'
import { asUserId, isUserId, userIdRule } from '../../engine/kernel/id.ts'
import { type Person, personNamed } from '../../engine/kernel/person.ts'

/** The identity claims, unchecked. */
export interface IdentityClaims {
  readonly sub?: unknown
  readonly name?: unknown
  readonly roles?: unknown
}

type Identity =
  | { readonly kind: 'known'; readonly user: Person; readonly roles: ReadonlySet<Role> }
  | { readonly kind: 'refused'; readonly reason: string }

export const ROLES_BY_NAME: ReadonlyMap<string, Role> = new Map(
  ROLES.map((role) => [role.toLowerCase(), role]),
)

function refuse(reason: string): Identity {
  return { kind: 'refused', reason }
}

/** The roles of most users. */
const USER_ALONE: ReadonlySet<Role> = new Set(['USER'])

/**
 * The user that the claims identify. `sub` is used verbatim if it is a valid user id, so that a user id never equals
 * the id of anything else. `personNamed` cleans `name`. Unknown `roles` are ignored; USER is implied.
 */
export function readIdentity({ sub, name, roles }: IdentityClaims): Identity {
  if (typeof sub !== 'string' || sub === '') return refuse('"sub" must be a non-empty string.')
  if (!isUserId(sub)) return refuse(`"sub" ${userIdRule()}.`)
  if (name !== undefined && typeof name !== 'string') return refuse('"name" must be a string.')
  if (roles !== undefined && !Array.isArray(roles)) return refuse('"roles" must be a list.')

  const found = (roles ?? []).flatMap((role) => ROLES_BY_NAME.get(role) ?? [])
  return {
    kind: 'known',
    user: personNamed(asUserId(sub), name),
    roles: found.length === 0 ? USER_ALONE : new Set<Role>(['USER', ...found]),
  }
}
