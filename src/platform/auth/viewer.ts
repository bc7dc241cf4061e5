import type { Actor, Role } from '../../engine/kernel/actor.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import type { Person } from '../../engine/kernel/person.ts'

/** A signed-in caller, from the verified token. A visitor is `null`. */
export interface Viewer {
  readonly user: Person
  /** Always contains USER. */
  readonly roles: ReadonlySet<Role>
  /** When the token expires, to the millisecond. */
  readonly expiresAt: Instant
  readonly issuedAt: Instant | null
}

export function actorOf(viewer: Viewer): Actor {
  return { kind: 'user', person: viewer.user, roles: viewer.roles }
}

/** The caller in the form that rules take: null for a visitor. */
export function callerOf(viewer: Viewer | null): Actor | null {
  return viewer === null ? null : actorOf(viewer)
}
