import { ROLES, type Role } from '../../engine/kernel/actor.ts'
import { asUserId, isUserId, userIdRule } from '../../engine/kernel/id.ts'
import type { Person } from '../../engine/kernel/person.ts'
import { hasVisibleCharacter, withoutBidiControls } from '../../engine/kernel/text.ts'

/** The claims that say who somebody is, as they came. */
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

const MAX_SUBJECT_LENGTH = 256
const MAX_NAME_LENGTH = 200
/** What PostgreSQL can't store (NUL) and terminals act on. */
const CONTROL_CHARACTER = /\p{Cc}/u
const CONTROL_CHARACTERS = /\p{Cc}/gu

function refuse(reason: string): Identity {
  return { kind: 'refused', reason }
}

/** Counted in code points: a cut between the halves of a surrogate pair could not be stored. */
function shorten(text: string): string {
  return Array.from(text).slice(0, MAX_NAME_LENGTH).join('')
}

/** Of most users. */
const USER_ALONE: ReadonlySet<Role> = new Set(['USER'])

/**
 * Who the claims name. `sub` is taken verbatim: 1 to 256 characters, none of them a control character, and no prefix of
 * generated ids in front, so that no user has the id of anything else.
 * `name` loses control characters, those for the direction of text included, is trimmed and cut to 200 characters,
 * and is `sub` where absent or without a visible character. Of `roles` those that are known count; USER is implied.
 */
export function readIdentity({ sub, name, roles }: IdentityClaims): Identity {
  if (typeof sub !== 'string' || sub === '') return refuse('"sub" must be a non-empty string.')
  if (sub.length > MAX_SUBJECT_LENGTH) return refuse(`"sub" is longer than ${MAX_SUBJECT_LENGTH} characters.`)
  if (CONTROL_CHARACTER.test(sub) || !sub.isWellFormed()) return refuse('"sub" holds control characters.')
  if (!isUserId(sub)) return refuse(`"sub" ${userIdRule()}.`)
  if (name !== undefined && typeof name !== 'string') return refuse('"name" must be a string.')
  if (roles !== undefined && !Array.isArray(roles)) return refuse('"roles" must be a list.')

  const shown = shorten(
    withoutBidiControls((name ?? '').toWellFormed().replace(CONTROL_CHARACTERS, '')).trim(),
  )
  const found = (roles ?? []).flatMap((role) => ROLES_BY_NAME.get(role) ?? [])
  return {
    kind: 'known',
    user: { id: asUserId(sub), name: hasVisibleCharacter(shown) ? shown : shorten(sub) },
    roles: found.length === 0 ? USER_ALONE : new Set<Role>(['USER', ...found]),
  }
}
