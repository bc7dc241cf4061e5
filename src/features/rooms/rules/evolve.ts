import type { Person } from '../../../engine/kernel/person.ts'
import type { RoomEvent } from './event.ts'
import type { Membership, RoomFacts } from './room.ts'

/**
 * The room right after `event`. Throws if the event cannot follow `state`: an event before RoomCreated, or about a
 * membership that is not loaded.
 */
export function evolveRoom(state: RoomFacts | null, event: RoomEvent): RoomFacts {
  if (event.type === 'RoomCreated') {
    const memberships = event.members.map((member): [string, Membership] => [member.user.id, member])
    return { room: event.room, memberships: new Map(memberships) }
  }
  if (state === null) throw new Error(`${event.type} came before RoomCreated`)
  switch (event.type) {
    case 'RoomStarted':
    case 'RoomPaused':
    case 'RoomResumed':
    case 'RoomEnded':
    case 'RoomUpdated':
      return { ...state, room: event.room }
    case 'MemberJoined': {
      const { user, role, joinedAt } = event
      const mutedUntil = state.memberships.get(user.id)?.mutedUntil ?? null
      return withMember(countedBy(state, 1), { user, status: 'member', role, joinedAt, mutedUntil })
    }
    case 'MemberLeft':
      return withChange(countedBy(state, -1), event.user, { status: 'left' })
    case 'MemberRemoved': {
      const { user, removedAt } = event
      const held = state.memberships.get(user.id)
      const counted = held?.status === 'member' ? countedBy(state, -1) : state
      const never: Membership = {
        user,
        status: 'removed',
        role: 'MEMBER',
        joinedAt: removedAt,
        mutedUntil: null,
      }
      return withMember(counted, held === undefined ? never : { ...held, status: 'removed' })
    }
    case 'MemberMuted':
      return withChange(state, event.user, { mutedUntil: event.mutedUntil })
    case 'MemberRoleChanged':
      return withChange(state, event.user, { role: event.role })
  }
}

function countedBy(state: RoomFacts, change: 1 | -1): RoomFacts {
  return { ...state, room: { ...state.room, memberCount: state.room.memberCount + change } }
}

function withMember(state: RoomFacts, membership: Membership): RoomFacts {
  return { ...state, memberships: new Map(state.memberships).set(membership.user.id, membership) }
}

function withChange(state: RoomFacts, user: Person, change: Partial<Membership>): RoomFacts {
  const membership = state.memberships.get(user.id)
  if (membership === undefined) throw new Error(`the membership of ${user.id} is not loaded`)
  return withMember(state, { ...membership, ...change })
}
