import type { Actor, Role } from '../domain/actor.ts'
import type { Person } from '../domain/person.ts'
import type { Instant } from '../kernel/instant.ts'

/** A signed-in caller, as the verified token says. A visitor is `null`. */
export interface Viewer {
  readonly user: Person
  /** Always holds USER. */
  readonly roles: ReadonlySet<Role>
  /** When the token stops being valid: exact. */
  readonly expiresAt: Instant
  readonly issuedAt: Instant | null
}

export function actorOf(viewer: Viewer): Actor {
  return { kind: 'user', person: viewer.user, roles: viewer.roles }
}
