import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomId } from '../ids.ts'

/** Room kinds that need no other feature. */
export const PLAIN_ROOM_KINDS = ['LOBBY', 'CHAT', 'DIRECT'] as const
export const ROOM_KINDS = [...PLAIN_ROOM_KINDS, 'AUCTION', 'TRADE'] as const
export type RoomKind = (typeof ROOM_KINDS)[number]
export const ROOM_VISIBILITIES = ['PUBLIC', 'AUTHENTICATED', 'MEMBERS', 'ADMIN'] as const
export type RoomVisibility = (typeof ROOM_VISIBILITIES)[number]
export const ROOM_PHASES = ['SCHEDULED', 'LIVE', 'PAUSED', 'ENDED'] as const
export type RoomPhase = (typeof ROOM_PHASES)[number]
export const MEMBER_ROLES = ['OWNER', 'MODERATOR', 'MEMBER'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]
export const TRADE_DISCLOSURES = ['OWN', 'ROOM'] as const
export type TradeDisclosure = (typeof TRADE_DISCLOSURES)[number]
export const RANKING_METHODS = ['STANDARD', 'DENSE', 'ORDINAL'] as const
export type RankingMethod = (typeof RANKING_METHODS)[number]

/** The room as entries of its history carry it: right after the entry. */
export interface Room {
  readonly id: RoomId
  readonly name: string
  readonly kind: RoomKind
  readonly visibility: RoomVisibility
  readonly phase: RoomPhase
  /** When the room entered its current phase. Null if that was before this field existed. */
  readonly phaseSince: Instant | null
  readonly owner: Person | null
  readonly createdAt: Instant
  readonly startsAt: Instant | null
  readonly endsAt: Instant | null
  readonly startedAt: Instant | null
  readonly endedAt: Instant | null
  readonly memberCount: number
  readonly ranking: RankingMethod
  readonly disclosure: TradeDisclosure
  /** The currency of amounts in a TRADE room; absent or null if it has none. */
  readonly currency?: string | null
  /** Number of decimal digits of the currency's minor unit. */
  readonly currencyExponent?: number | null
}

/**
 * One user's membership in one room. The row outlives the membership: a removed user can only return through
 * addMember.
 */
export interface Membership {
  readonly user: Person
  readonly status: 'member' | 'left' | 'removed'
  readonly role: MemberRole
  readonly joinedAt: Instant
  /** Exclusive; FAR_FUTURE until further notice; null if not muted. */
  readonly mutedUntil: Instant | null
}

/** A room with the memberships that a decision needs: at least the actor's and the target's, if they exist. */
export interface RoomFacts {
  readonly room: Room
  readonly memberships: ReadonlyMap<string, Membership>
}
