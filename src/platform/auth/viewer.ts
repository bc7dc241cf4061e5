import type { Actor, Role } from '../../engine/kernel/actor.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import type { Person } from '../../engine/kernel/person.ts'

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

/** The caller as rules know one: null for a visitor. */
export function callerOf(viewer: Viewer | null): Actor | null {
  return viewer === null ? null : actorOf(viewer)
}
