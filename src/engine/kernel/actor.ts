import type { Person } from './person.ts'

export const ROLES = ['USER', 'MODERATOR', 'ADMIN', 'SERVICE'] as const
export type Role = (typeof ROLES)[number]

/** Who gives a command: a signed-in user, or the server itself when time or a consequence demands it. */
export type Actor =
  | { readonly kind: 'user'; readonly person: Person; readonly roles: ReadonlySet<Role> }
  | { readonly kind: 'system' }

export const SYSTEM: Actor = { kind: 'system' }

/** True for `role` itself; ADMIN may do what MODERATOR may. */
export function hasRole(actor: Actor, role: Role): boolean {
  if (actor.kind === 'system') return true
  return actor.roles.has(role) || (role === 'MODERATOR' && actor.roles.has('ADMIN'))
}

/** Administrators and services act everywhere without membership. */
export function isPrivileged(actor: Actor): boolean {
  return hasRole(actor, 'ADMIN') || hasRole(actor, 'SERVICE')
}

export function isActor(actor: Actor, person: Person | null): boolean {
  return actor.kind === 'user' && person !== null && actor.person.id === person.id
}
