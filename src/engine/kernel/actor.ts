import type { Person } from './person.ts'

export const ROLES = ['USER', 'MODERATOR', 'ADMIN', 'SERVICE'] as const
export type Role = (typeof ROLES)[number]

/** The issuer of a command: a signed-in user, or the server itself for deadlines and consequences. */
export type Actor =
  | { readonly kind: 'user'; readonly person: Person; readonly roles: ReadonlySet<Role> }
  | { readonly kind: 'system' }

export const SYSTEM: Actor = { kind: 'system' }

/** Whether the actor has `role` or a higher one: ADMIN includes MODERATOR. */
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
