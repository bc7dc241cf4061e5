import type { Instant } from '../../../engine/kernel/instant.ts'
import { type Person, personNamed } from '../../../engine/kernel/person.ts'
import type { RoomCommand } from './command.ts'
import { accepted, type RoomDecision, type UserActor } from './context.ts'
import { reject } from './rejections.ts'
import type { Membership, Room } from './room.ts'
import { MAX_NAME } from './settings.ts'

type OpenDirectRoom = Extract<RoomCommand, { readonly kind: 'open' }>

/**
 * Creates the direct room of two users: LIVE immediately and forever. It has no owner, since neither may do what the
 * other may not.
 */
export function openDirect({ id, target }: OpenDirectRoom, actor: UserActor, now: Instant): RoomDecision {
  if (target.id === actor.person.id) {
    return reject('INVALID_INPUT', 'A direct room needs another user.', { field: 'userId' })
  }
  const members = [actor.person, target].map(
    (user): Membership => ({ user, status: 'member', role: 'MEMBER', joinedAt: now, mutedUntil: null }),
  )
  const room: Room = {
    id,
    name: nameOf(actor.person, target),
    kind: 'DIRECT',
    visibility: 'MEMBERS',
    phase: 'LIVE',
    phaseSince: now,
    owner: null,
    createdAt: now,
    startsAt: null,
    endsAt: null,
    startedAt: now,
    endedAt: null,
    memberCount: members.length,
    ranking: 'STANDARD',
    disclosure: 'OWN',
  }
  return accepted(room, { type: 'RoomCreated', room, members })
}

/**
 * The name is independent of who opens the room: both names in the order of the user ids, cut to the maximum length.
 */
function nameOf(...pair: readonly [Person, Person]): string {
  const names = pair
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, name }) => personNamed(id, name).name)
  return [...names.join(' & ')].slice(0, MAX_NAME).join('')
}
