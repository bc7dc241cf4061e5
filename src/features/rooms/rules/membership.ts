import { hasRole } from '../../../engine/kernel/actor.ts'
import { forbid } from '../../../engine/kernel/decision.ts'
import { FAR_FUTURE } from '../../../engine/kernel/instant.ts'
import { isOptionalText, optionalTextRule } from '../../../engine/kernel/text.ts'
import { canModerate, isMuted } from './access.ts'
import type { RoomCommand } from './command.ts'
import { accepted, type RoomContext, type RoomDecision } from './context.ts'
import { isTooFarAhead, TOO_FAR_AHEAD } from './quota.ts'
import { reject } from './rejections.ts'

const MAX_REASON_LENGTH = 1_000

type CommandOf<Kind extends RoomCommand['kind']> = Extract<RoomCommand, { readonly kind: Kind }>

/** Joins a room that the actor sees, as MEMBER. An existing member keeps their role, without an event. */
export function join(context: RoomContext): RoomDecision {
  const { room, memberships, actor, own, now } = context
  if (own !== undefined) return accepted(room)
  if (memberships.get(actor.person.id)?.status === 'removed') {
    return reject('NOT_A_MEMBER', 'You were removed from this room. Ask a moderator to add you again.')
  }
  if (room.visibility === 'MEMBERS') {
    return reject('NOT_A_MEMBER', 'This room is for members only. Ask a moderator to add you.')
  }
  if (room.phase === 'ENDED') return rejectEnded()
  return accepted(room, { type: 'MemberJoined', user: actor.person, role: 'MEMBER', joinedAt: now })
}

export function leave(context: RoomContext): RoomDecision {
  const { room, actor, own } = context
  if (own === undefined) return reject('NOT_A_MEMBER', 'You are not a member of this room.')
  if (room.kind === 'DIRECT') return rejectDirect()
  if (own.role === 'OWNER' && room.phase !== 'ENDED') {
    return reject('INVALID_TRANSITION', 'The owner cannot leave before the room has ended.')
  }
  return accepted(room, { type: 'MemberLeft', user: actor.person })
}

/** Adds a user, or changes a member's role. The only way back for a removed user. */
export function add({ target, role }: CommandOf<'add'>, context: RoomContext): RoomDecision {
  const { room, memberships, actor, own, now } = context
  if (!canModerate(actor, own) && !hasRole(actor, 'SERVICE')) {
    return forbid('Only moderators of a room and services can add members.')
  }
  if (role === 'OWNER') return reject('INVALID_INPUT', 'A room has exactly one owner.', { field: 'role' })
  if (room.kind === 'DIRECT') return rejectDirect()
  const held = memberships.get(target.id)
  const isMember = held?.status === 'member'
  if (isMember && held.role === role) return accepted(room)
  if (isMember && held.role === 'OWNER') return rejectOwner()
  if (room.phase === 'ENDED') return rejectEnded()
  if (isMember) return accepted(room, { type: 'MemberRoleChanged', user: target, role })
  return accepted(room, { type: 'MemberJoined', user: target, role, joinedAt: now })
}

/**
 * Bars a user from the room until added again, also one who left or never joined: in rooms that they see they could
 * bid, or join. Repeating it makes no event.
 */
export function remove({ target, isKnown, reason }: CommandOf<'remove'>, context: RoomContext): RoomDecision {
  const { room, memberships, actor, own, now } = context
  if (!canModerate(actor, own)) return forbid('Only moderators of a room can remove members.')
  if (reason !== null && !isOptionalText(reason, MAX_REASON_LENGTH)) {
    const limit = `The reason must have ${optionalTextRule(MAX_REASON_LENGTH)}.`
    return reject('INVALID_INPUT', limit, { field: 'reason' })
  }
  const held = memberships.get(target.id)
  if (held === undefined && !isKnown) {
    return reject('NOT_FOUND', 'Unknown user: no one with this id has signed in.', { field: 'userId' })
  }
  if (held?.status === 'removed') return accepted(room)
  if (held?.role === 'OWNER') return rejectOwner()
  if (room.kind === 'DIRECT') return rejectDirect()
  return accepted(room, { type: 'MemberRemoved', user: target, reason, removedAt: now })
}

export function mute({ target, until }: CommandOf<'mute'>, context: RoomContext): RoomDecision {
  const { room, memberships, actor, own, now } = context
  if (!canModerate(actor, own)) return forbid('Only moderators of a room can mute members.')
  if (isTooFarAhead(until, now)) return reject('INVALID_INPUT', TOO_FAR_AHEAD, { field: 'until' })
  const held = memberships.get(target.id)
  if (held === undefined) return rejectUnknown()
  if (held.status !== 'member') return rejectAbsent()
  if (held.role === 'OWNER') return rejectOwner()

  const wanted = until ?? FAR_FUTURE
  const mutedUntil = now < wanted ? wanted : null
  // An expired mute is equivalent to none.
  const standing = isMuted(held, now) ? held.mutedUntil : null
  if (mutedUntil === standing) return accepted(room)
  return accepted(room, { type: 'MemberMuted', user: target, until, mutedUntil })
}

function rejectAbsent(): RoomDecision {
  return reject('NOT_A_MEMBER', 'That user is not a member of this room.')
}

function rejectUnknown(): RoomDecision {
  return reject('NOT_FOUND', 'That user has never been in this room.', { field: 'userId' })
}

function rejectOwner(): RoomDecision {
  return reject('INVALID_TRANSITION', 'The owner of a room cannot be removed, muted or given another role.')
}

function rejectDirect(): RoomDecision {
  return reject('INVALID_TRANSITION', 'A direct room keeps its two members.')
}

function rejectEnded(): RoomDecision {
  return reject('INVALID_TRANSITION', 'The room has ended.')
}
