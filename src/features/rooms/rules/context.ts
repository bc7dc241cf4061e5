import type { Actor } from '../../../engine/kernel/actor.ts'
import { accept, type Decision } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { RoomReply } from './command.ts'
import type { RoomEvent } from './event.ts'
import type { Membership, Room } from './room.ts'

export type UserActor = Extract<Actor, { readonly kind: 'user' }>
export type RoomDecision = Decision<RoomEvent, RoomReply>

/** The context of a command whose actor sees the room. */
export interface RoomContext {
  readonly room: Room
  readonly memberships: ReadonlyMap<string, Membership>
  readonly actor: UserActor
  /** The actor's current membership; one that ended is in `memberships` only. */
  readonly own: Membership | undefined
  readonly now: Instant
}

/** Accepts the command in `room` with its events: none if nothing changes. */
export function accepted(room: Room, ...events: readonly RoomEvent[]): RoomDecision {
  return accept(events, { roomId: room.id })
}
