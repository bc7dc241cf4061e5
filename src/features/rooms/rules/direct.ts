import type { Instant } from '../../../engine/kernel/instant.ts'
import { type Person, personNamed } from '../../../engine/kernel/person.ts'
import type { RoomCommand } from './command.ts'
import { accepted, type RoomDecision, type UserActor } from './context.ts'
import { reject } from './rejections.ts'
import type { Membership, Room } from './room.ts'
import { MAX_NAME } from './settings.ts'

type OpenDirectRoom = Extract<RoomCommand, { readonly kind: 'open' }>

/**
 * The room of two, which was not there: LIVE at once and for good. It has no owner, since neither of them may do what the
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

/** Whoever opens it, it is called the same: their names in the order of their ids, as far as a name may go. */
function nameOf(...pair: readonly [Person, Person]): string {
  const names = pair
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, name }) => personNamed(id, name).name)
  return [...names.join(' & ')].slice(0, MAX_NAME).join('')
}
