import type { UserId } from '../kernel/id.ts'
import { type Instant, instant } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import type { Roll } from './registry.ts'

export const PRESENCE_STATES = ['ONLINE', 'IDLE'] as const
export type PresenceState = (typeof PRESENCE_STATES)[number]

export interface PresentUser {
  readonly user: Person
  readonly state: PresenceState
  /** When the user came, by the clock of the node that they came to. */
  readonly since: Instant
}

/** Who is present in a room. */
export interface Roster {
  readonly scope: ScopeId
  readonly count: number
  /** Who came first stands first. Empty where `count` is above the limit of rolls. */
  readonly users: readonly PresentUser[]
  readonly at: Instant
}

/** What one node says of a user who is present in a room there. */
export interface PresenceTag {
  readonly name: string
  readonly state: PresenceState
  readonly since: Instant
}

export function encodePresence({ state, since, name }: PresenceTag): string {
  return `${state} ${since} ${name}`
}

export function decodePresence(tag: string): PresenceTag {
  const [state = '', since = ''] = tag.split(' ', 2)
  return {
    state: state === 'IDLE' ? 'IDLE' : 'ONLINE',
    since: instant(Number(since)),
    name: tag.slice(state.length + since.length + 2),
  }
}

export function rosterOf(scope: ScopeId, { count, tags }: Roll, at: Instant): Roster {
  const users = [...tags].map(([id, each]) => presentUser(id, each.map(decodePresence)))
  return { scope, count, users: users.sort(byComing), at }
}

/** Whether both show the same, whenever it was. */
export function isSameRoster(one: Roster, other: Roster): boolean {
  if (one === other) return true
  if (one.count !== other.count || one.users.length !== other.users.length) return false
  return one.users.every(({ user, state, since }, index) => {
    const found = other.users[index]
    return (
      found?.user.id === user.id &&
      found.user.name === user.name &&
      found.state === state &&
      found.since === since
    )
  })
}

/** A user may be on several nodes: ONLINE if on any of them, there since the first. */
function presentUser(id: UserId, tags: readonly PresenceTag[]): PresentUser {
  const since = instant(Math.min(...tags.map((tag) => tag.since)))
  const state = tags.some((tag) => tag.state === 'ONLINE') ? 'ONLINE' : 'IDLE'
  return { user: { id, name: tags[0]?.name ?? id }, state, since }
}

function byComing(one: PresentUser, other: PresentUser): number {
  return one.since - other.since || (one.user.id < other.user.id ? -1 : 1)
}
