import type { Actor, Role } from '../../../src/engine/kernel/actor.ts'
import type { Decision } from '../../../src/engine/kernel/decision.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { type Instant, instant, later } from '../../../src/engine/kernel/instant.ts'
import type { Person } from '../../../src/engine/kernel/person.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import type { RoomCommand } from '../../../src/features/rooms/rules/command.ts'
import type { Membership, Room, RoomFacts } from '../../../src/features/rooms/rules/room.ts'

type UserActor = Extract<Actor, { readonly kind: 'user' }>

export const NOW = instant(Date.UTC(2026, 10, 20, 9, 30))

/** The moment `minutes` after NOW; before it, when negative. */
export const inMinutes = (minutes: number): Instant => later(NOW, minutes * 60_000)

export const person = (name: string): Person => ({ id: asUserId(`user-${name}`), name })

const user = (name: string, ...roles: readonly Role[]): UserActor => ({
  kind: 'user',
  person: person(name),
  roles: new Set<Role>(['USER', ...roles]),
})

export const olga = user('olga')
export const molly = user('molly')
export const mia = user('mia')
export const max = user('max')
export const stranger = user('stranger')
export const admin = user('admin', 'ADMIN')
export const service = user('service', 'SERVICE')
export const tokenModerator = user('token-moderator', 'MODERATOR')

export const member = (actor: UserActor, change: Partial<Membership> = {}): Membership => ({
  user: actor.person,
  status: 'member',
  role: 'MEMBER',
  joinedAt: inMinutes(-60),
  mutedUntil: null,
  ...change,
})

export const owner = member(olga, { role: 'OWNER' })
const moderator = member(molly, { role: 'MODERATOR' })

/** A PUBLIC chat room that is LIVE, with `change`, and `memberships` besides those of its owner and a moderator. */
export function roomWith(
  change: Partial<Room> = {},
  memberships: readonly Membership[] = [member(mia)],
): RoomFacts {
  const isDirect = change.kind === 'DIRECT'
  const all = isDirect ? memberships : [owner, moderator, ...memberships]
  const room: Room = {
    id: asRoomId('room_1'),
    name: 'Stamps',
    kind: 'CHAT',
    visibility: 'PUBLIC',
    phase: 'LIVE',
    phaseSince: inMinutes(-60),
    owner: isDirect ? null : olga.person,
    createdAt: inMinutes(-60),
    startsAt: null,
    endsAt: null,
    startedAt: inMinutes(-60),
    endedAt: null,
    memberCount: all.filter((one) => one.status === 'member').length,
    ranking: 'STANDARD',
    disclosure: 'OWN',
    ...change,
  }
  return { room, memberships: new Map(all.map((one) => [one.user.id, one])) }
}

/** A direct room between `first` and `second`. */
export const directRoom = (first: UserActor, second: UserActor): RoomFacts =>
  roomWith({ kind: 'DIRECT', visibility: 'MEMBERS' }, [member(first), member(second)])

export const createCommand = (
  change: Partial<Extract<RoomCommand, { readonly kind: 'create' }>> = {},
): RoomCommand => ({
  kind: 'create',
  id: asRoomId('room_1'),
  name: 'Stamps',
  roomKind: 'CHAT',
  visibility: 'PUBLIC',
  startsAt: null,
  endsAt: null,
  ranking: 'STANDARD',
  disclosure: 'OWN',
  ...change,
})

/** What `decision` is in short: ACCEPTED, FORBIDDEN, or a rejection's code and the field at fault. */
export function verdictOf(decision: Decision<unknown, unknown>): string {
  if (decision.kind === 'accepted') return 'ACCEPTED'
  if (decision.kind === 'forbidden') return 'FORBIDDEN'
  const { code, field } = decision.rejection
  return field === undefined ? code : `${code} ${field}`
}

/** The events of an accepted decision; fails the test for any other. */
export function eventsOf<Event>(decision: Decision<Event, unknown>): readonly Event[] {
  if (decision.kind !== 'accepted') throw new Error(`not accepted: ${verdictOf(decision)}`)
  return decision.events
}
