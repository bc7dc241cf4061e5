import type { Actor } from '../../../engine/kernel/actor.ts'
import { forbid } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { canSeeRoom, membershipOf } from './access.ts'
import type { RoomCommand } from './command.ts'
import { accepted, type RoomContext, type RoomDecision } from './context.ts'
import { openDirect } from './direct.ts'
import { applyDue, takeStep } from './lifecycle.ts'
import { add, join, leave, mute, remove } from './membership.ts'
import type { OwnedRooms } from './quota.ts'
import { reject } from './rejections.ts'
import type { RoomFacts } from './room.ts'
import { createRoom, faultOfQuota, updateRoom } from './settings.ts'

export interface RoomCommandContext {
  readonly now: Instant
  readonly actor: Actor
  /** For a creation limited by a quota: the rooms that the actor owns. */
  readonly owned?: OwnedRooms | undefined
}

/**
 * Decides one command in one room; `state` is null if the room does not exist. The server itself only applies due
 * transitions; users do everything else.
 */
export function decideRoom(
  state: RoomFacts | null,
  command: RoomCommand,
  context: RoomCommandContext,
): RoomDecision {
  const { now, actor } = context
  if (command.kind === 'applyDue') {
    if (actor.kind !== 'system') return forbid('Only the server applies due transitions.')
    return state === null ? rejectRoom() : applyDue(state.room, now)
  }
  if (actor.kind === 'system') return forbid('The server itself only applies due transitions.')
  if (command.kind === 'create') {
    if (state !== null) return reject('INVALID_TRANSITION', 'This room already exists.')
    return faultOfQuota(command, context.owned) ?? createRoom(command, actor, now)
  }
  if (state === null) return command.kind === 'open' ? openDirect(command, actor, now) : rejectRoom()
  const { room, memberships } = state
  const own = membershipOf(actor, memberships)
  if (!canSeeRoom(actor, room, own)) return rejectRoom()
  return decideInside(command, { room, memberships, actor, own, now })
}

type InsideCommand = Exclude<RoomCommand, { readonly kind: 'create' | 'applyDue' }>

function decideInside(command: InsideCommand, context: RoomContext): RoomDecision {
  switch (command.kind) {
    case 'open':
      return accepted(context.room)
    case 'update':
      return updateRoom(command, context)
    case 'start':
    case 'pause':
    case 'resume':
    case 'end':
      return takeStep(command.kind, context)
    case 'join':
      return join(context)
    case 'leave':
      return leave(context)
    case 'add':
      return add(command, context)
    case 'remove':
      return remove(command, context)
    case 'mute':
      return mute(command, context)
  }
}

function rejectRoom(): RoomDecision {
  return reject('NOT_FOUND', 'Room not found.', { field: 'roomId' })
}
