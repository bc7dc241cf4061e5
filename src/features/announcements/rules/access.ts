import { type Actor, hasRole, isPrivileged } from '../../../engine/kernel/actor.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { type Caller, canModerate, canSeeRoom, membershipOf } from '../../rooms/rules/access.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import type { Announcement, Audience } from './announcement.ts'

/** Whether `announcement` is meant for `caller`. `room` is the one it names, where it names one. */
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

/** Whether `actor` publishes to `audience` and takes back what was published to it; to a room that is unseen, nobody does. */
export function canAnnounce(actor: Actor, audience: Audience, room: RoomFacts | undefined): boolean {
  if (audience !== 'ROOM') return isPrivileged(actor)
  if (room === undefined || !seesRoom(actor, room)) return false
  return isPrivileged(actor) || canModerate(actor, membershipOf(actor, room.memberships))
}

export function seesRoom(caller: Caller, room: RoomFacts | undefined): boolean {
  return room !== undefined && canSeeRoom(caller, room.room, membershipOf(caller, room.memberships))
}

/** Whether `announcement` still says something at `now`: not taken back, and not expired. */
export function isInForce(announcement: Announcement, now: Instant): boolean {
  const { retractedAt, expiresAt } = announcement
  return retractedAt === null && (expiresAt === null || now < expiresAt)
}
