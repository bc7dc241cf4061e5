import { type Actor, hasRole, isPrivileged } from '../../../engine/kernel/actor.ts'
import { type Instant, yearsLater } from '../../../engine/kernel/instant.ts'

/** Limits on the number and the rate of what one user creates. Omitted: no limit. */
export interface RoomQuota {
  /** Maximum number of rooms of one owner that have not ended. */
  readonly open: number
  readonly perHour: number
}

/** The rooms of one owner, counted in the transaction that creates another. */
export interface OwnedRooms {
  readonly open: number
  readonly ofLastHour: number
}

/** Services, administrators and moderators by token are exempt from quotas. */
export function isExemptFromQuotas(actor: Actor): boolean {
  return isPrivileged(actor) || hasRole(actor, 'MODERATOR')
}

const MAX_YEARS_AHEAD = 10

/** Instants further ahead are useless, and values computed from them may exceed the range of DateTime. */
export function isTooFarAhead(at: Instant | null, now: Instant): boolean {
  return at !== null && at > yearsLater(now, MAX_YEARS_AHEAD)
}

export const TOO_FAR_AHEAD = 'The time must be within the next ten years.'
