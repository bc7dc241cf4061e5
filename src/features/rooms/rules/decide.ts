import type { Actor } from '../../../engine/kernel/actor.ts'
import { forbid } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { canSeeRoom, membershipOf } from './access.ts'
import type { RoomCommand } from './command.ts'
import { done, type RoomDecision, type RoomScene } from './context.ts'
import { openDirect } from './direct.ts'
import { passTime, takeStep } from './lifecycle.ts'
import { add, join, leave, mute, remove } from './membership.ts'
import type { OwnedRooms } from './quota.ts'
import { reject } from './rejections.ts'
import type { RoomFacts } from './room.ts'
import { createRoom, faultOfQuota, updateRoom } from './settings.ts'

export interface RoomContext {
  readonly now: Instant
  readonly actor: Actor
  /** For a creation that a quota bounds: the rooms that the actor owns. */
  readonly owned?: OwnedRooms | undefined
}

/**
 * What becomes of one command in one room; `state` is null where there is no such room. The server itself
 * lets time pass and does nothing else; users do everything else.
 */
export function decideRoom(
  state: RoomFacts | null,
  command: RoomCommand,
  context: RoomContext,
): RoomDecision {
  const { now, actor } = context
  if (command.kind === 'passTime') {
    if (actor.kind !== 'system') return forbid('Time passes by itself.')
    return state === null ? rejectRoom() : passTime(state.room, now)
  }
  if (actor.kind === 'system') return forbid('The server itself only lets time pass.')
  if (command.kind === 'create') {
    if (state !== null) return reject('INVALID_TRANSITION', 'This room exists already.')
    return faultOfQuota(command, context.owned) ?? createRoom(command, actor, now)
  }
  if (state === null) return command.kind === 'open' ? openDirect(command, actor, now) : rejectRoom()
  const { room, memberships } = state
  const own = membershipOf(actor, memberships)
  if (!canSeeRoom(actor, room, own)) return rejectRoom()
  return decideInside(command, { room, memberships, actor, own, now })
}

type InsideCommand = Exclude<RoomCommand, { readonly kind: 'create' | 'passTime' }>

function decideInside(command: InsideCommand, scene: RoomScene): RoomDecision {
  switch (command.kind) {
    case 'open':
      return done(scene.room)
    case 'update':
      return updateRoom(command, scene)
    case 'start':
    case 'pause':
    case 'resume':
    case 'end':
      return takeStep(command.kind, scene)
    case 'join':
      return join(scene)
    case 'leave':
      return leave(scene)
    case 'add':
      return add(command, scene)
    case 'remove':
      return remove(command, scene)
    case 'mute':
      return mute(command, scene)
  }
}

function rejectRoom(): RoomDecision {
  return reject('NOT_FOUND', 'There is no such room.', { field: 'roomId' })
}
