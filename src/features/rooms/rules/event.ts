import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Person } from '../../../engine/kernel/person.ts'
import type { MemberRole, Membership, Room } from './room.ts'

/** The events that change a room's phase. */
export type RoomTransition = 'RoomStarted' | 'RoomPaused' | 'RoomResumed' | 'RoomEnded'

/** Events that become entries of the room's history, under their GraphQL type name. `room` is the state right after. */
export type PublicRoomEvent =
  | { readonly type: 'RoomUpdated' | RoomTransition; readonly room: Room }
  /** A user joined, for the first time or again; an earlier mute still applies. */
  | {
      readonly type: 'MemberJoined'
      readonly user: Person
      readonly role: MemberRole
      readonly joinedAt: Instant
    }
  | { readonly type: 'MemberRoleChanged'; readonly user: Person; readonly role: MemberRole }
  | { readonly type: 'MemberLeft'; readonly user: Person }
  /** Also of users who had left or never joined. */
  | {
      readonly type: 'MemberRemoved'
      readonly user: Person
      readonly reason: string | null
      readonly removedAt: Instant
    }
  /**
   * `until` as requested: null for until further notice, a past instant to end the mute. `mutedUntil` is the value
   * that the membership holds from now on.
   */
  | {
      readonly type: 'MemberMuted'
      readonly user: Person
      readonly until: Instant | null
      readonly mutedUntil: Instant | null
    }

/**
 * Changes the database without an entry. `members` belong to the room from its creation: `room.memberCount` counts
 * them.
 */
export interface PrivateRoomEvent {
  readonly type: 'RoomCreated'
  readonly room: Room
  readonly members: readonly Membership[]
}

export type RoomEvent = PublicRoomEvent | PrivateRoomEvent

export function isPublicEvent(event: RoomEvent): event is PublicRoomEvent {
  return event.type !== 'RoomCreated'
}

/** Whether the event changes the room's phase. */
export function isTransition({ type }: RoomEvent): boolean {
  return type === 'RoomStarted' || type === 'RoomPaused' || type === 'RoomResumed' || type === 'RoomEnded'
}
