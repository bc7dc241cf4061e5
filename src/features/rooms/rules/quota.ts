import { type Actor, hasRole, isPrivileged } from '../../../engine/kernel/actor.ts'
import { type Instant, yearsLater } from '../../../engine/kernel/instant.ts'

/** How much one user may have, and how fast it may grow. Omitted: no bound. */
export interface RoomQuota {
  /** Rooms of one owner that have not ended. */
  readonly open: number
  readonly perHour: number
}

/** The rooms of one owner, as the database counts them in the transaction that creates another. */
export interface OwnedRooms {
  readonly open: number
  readonly ofLastHour: number
}

/** Those who run the place are bound by no quota: services, administrators and moderators by token. */
export function isExemptFromQuotas(actor: Actor): boolean {
  return isPrivileged(actor) || hasRole(actor, 'MODERATOR')
}

const MAX_YEARS_AHEAD = 10

/** Times further ahead serve nobody, and what is computed from them may leave what DateTime can express. */
export function isTooFarAhead(at: Instant | null, now: Instant): boolean {
  return at !== null && at > yearsLater(now, MAX_YEARS_AHEAD)
}

export const TOO_FAR_AHEAD = 'The time must be within the next ten years.'
