import { type Actor, hasRole, isPrivileged } from '../../../engine/kernel/actor.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { type Caller, canModerate, canSeeRoom, membershipOf } from '../../rooms/rules/access.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import type { Announcement, Audience } from './announcement.ts'

/** Whether `announcement` addresses `caller`. `room` is the room it names, if any. */
export function canSeeAnnouncement(
  caller: Caller,
  announcement: Pick<Announcement, 'audience'>,
  room: RoomFacts | undefined,
): boolean {
  switch (announcement.audience) {
    case 'GLOBAL':
      return true
    case 'AUTHENTICATED':
      return caller !== null
    case 'ADMIN':
      return caller !== null && hasRole(caller, 'ADMIN')
    case 'ROOM':
      return seesRoom(caller, room)
  }
}

/**
 * Whether `actor` may publish to `audience` and retract what was published to it. Nobody may publish to a room they
 * cannot see.
 */
export function canAnnounce(actor: Actor, audience: Audience, room: RoomFacts | undefined): boolean {
  if (audience !== 'ROOM') return isPrivileged(actor)
  if (room === undefined || !seesRoom(actor, room)) return false
  return isPrivileged(actor) || canModerate(actor, membershipOf(actor, room.memberships))
}

export function seesRoom(caller: Caller, room: RoomFacts | undefined): boolean {
  return room !== undefined && canSeeRoom(caller, room.room, membershipOf(caller, room.memberships))
}

/** Whether `announcement` is active at `now`: neither retracted nor expired. */
export function isInForce(announcement: Announcement, now: Instant): boolean {
  const { retractedAt, expiresAt } = announcement
  return retractedAt === null && (expiresAt === null || now < expiresAt)
}
