import { isPrivileged } from '../../../engine/kernel/actor.ts'
import type { UserId } from '../../../engine/kernel/id.ts'
import { type Caller, canModerate, canSeeRoom, membershipOf } from '../../rooms/rules/access.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'

/** Whose orders, positions and portfolios a caller sees in a room: everyone's, their own, or nobody's. */
export type DisclosureLevel = 'all' | 'own' | 'none'

/**
 * Administrators, services and moderators see all; members see what the room discloses to them. Non-members see
 * nothing, not even their own trades; neither do callers who do not see the room.
 */
export function disclosureLevelOf(caller: Caller, { room, memberships }: RoomFacts): DisclosureLevel {
  const membership = membershipOf(caller, memberships)
  if (caller === null || !canSeeRoom(caller, room, membership)) return 'none'
  if (isPrivileged(caller) || canModerate(caller, membership)) return 'all'
  if (membership === undefined) return 'none'
  return room.disclosure === 'ROOM' ? 'all' : 'own'
}

/** Whether `caller` sees the trades of `userId` in the room. */
export function canSeeTrades(caller: Caller, facts: RoomFacts, userId: UserId): boolean {
  const level = disclosureLevelOf(caller, facts)
  return level === 'all' || (level === 'own' && caller?.kind === 'user' && caller.person.id === userId)
}
