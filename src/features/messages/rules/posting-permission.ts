import { type Actor, isPrivileged } from '../../../engine/kernel/actor.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { isMuted } from '../../rooms/rules/access.ts'
import type { Membership, Room } from '../../rooms/rules/room.ts'
import { reject } from './rejections.ts'

/** A user who sees a room and wants to post in it. */
export interface Poster {
  readonly room: Room
  readonly actor: Actor
  /** The actor's current membership, if any. */
  readonly own: Membership | undefined
  readonly now: Instant
}

/** Why the user may not post now; undefined if they may. */
export function reasonNotToPost({ room, actor, own, now }: Poster): ReturnType<typeof reject> | undefined {
  if (own === undefined && !isPrivileged(actor)) {
    return reject('NOT_A_MEMBER', 'Only members can post in this room.')
  }
  if (isMuted(own, now)) return reject('MUTED', 'You are muted in this room.')
  if (room.phase === 'ENDED') return rejectEnded()
  return undefined
}

export function rejectEnded(): ReturnType<typeof reject> {
  return reject('INVALID_TRANSITION', 'The room has ended.')
}
