import { type Actor, hasRole, isPrivileged } from '../../../engine/kernel/actor.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { MemberRole, Membership, Room } from './room.ts'

/** The caller of a query on a room: `null` for a visitor who has not signed in. */
export type Caller = Actor | null

type Guarded = Pick<Room, 'visibility' | 'kind'>

/** The caller's current membership in `memberships`, if any. */
export function membershipOf(
  caller: Caller,
  memberships: ReadonlyMap<string, Membership>,
): Membership | undefined {
  if (caller === null || caller.kind === 'system') return undefined
  const membership = memberships.get(caller.person.id)
  return membership?.status === 'member' ? membership : undefined
}

/** Whether the caller sees the room at all. A DIRECT room is visible only to its two members. */
export function canSeeRoom(
  caller: Caller,
  room: Guarded,
  membership: Pick<Membership, 'status'> | undefined,
): boolean {
  if (caller?.kind === 'system') return true
  const isMember = membership?.status === 'member'
  if (room.kind === 'DIRECT') return isMember
  switch (room.visibility) {
    case 'PUBLIC':
      return true
    case 'AUTHENTICATED':
      return caller !== null
    case 'MEMBERS':
      return isMember || (caller !== null && isPrivileged(caller))
    case 'ADMIN':
      return caller !== null && hasRole(caller, 'ADMIN')
  }
}

/**
 * OWNER, MODERATOR and ADMIN of a room that the caller sees; a token with the role MODERATOR moderates every room it
 * sees.
 */
export function canModerate(caller: Caller, membership: Membership | undefined): boolean {
  if (caller === null) return false
  if (hasRole(caller, 'MODERATOR')) return true
  const role: MemberRole | undefined = membership?.status === 'member' ? membership.role : undefined
  return role === 'OWNER' || role === 'MODERATOR'
}

/** Whether `membership` is muted at `now`. A user without a membership is not muted. */
export function isMuted(membership: Membership | undefined, now: Instant): boolean {
  const until = membership?.mutedUntil ?? null
  return until !== null && now < until
}

/** Whether `person` was removed from the room and not added again. `memberships` must hold theirs. */
export function isRemoved({ id }: Person, memberships: ReadonlyMap<string, Membership>): boolean {
  return memberships.get(id)?.status === 'removed'
}
