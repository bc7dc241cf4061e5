import type { UserId } from '../kernel/id.ts'
import { type Instant, instant } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import type { MemberList } from './registry.ts'

export const PRESENCE_STATES = ['ONLINE', 'IDLE'] as const
export type PresenceState = (typeof PRESENCE_STATES)[number]

export interface PresentUser {
  readonly user: Person
  readonly state: PresenceState
  /** When the user arrived, by the clock of the node that they first connected to. */
  readonly since: Instant
}

/** The users present in a scope. */
export interface Roster {
  readonly scope: ScopeId
  readonly count: number
  /** In order of arrival. Empty if `count` exceeds MEMBER_LIMIT. */
  readonly users: readonly PresentUser[]
  readonly at: Instant
}

/** One node's metadata for a user present in a scope there. */
export interface PresenceMeta {
  readonly name: string
  readonly state: PresenceState
  readonly since: Instant
}

export function encodePresence({ state, since, name }: PresenceMeta): string {
  return `${state} ${since} ${name}`
}

export function decodePresence(meta: string): PresenceMeta {
  const [state = '', since = ''] = meta.split(' ', 2)
  return {
    state: state === 'IDLE' ? 'IDLE' : 'ONLINE',
    since: instant(Number(since)),
    name: meta.slice(state.length + since.length + 2),
  }
}

export function rosterOf(scope: ScopeId, { count, metadata }: MemberList, at: Instant): Roster {
  const users = [...metadata].map(([id, each]) => presentUser(id, each.map(decodePresence)))
  return { scope, count, users: users.sort(byArrival), at }
}

/** Whether both rosters show the same, regardless of their time. */
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

/** Merges the nodes of a user: ONLINE if ONLINE on any, present since the earliest. */
function presentUser(id: UserId, metadata: readonly PresenceMeta[]): PresentUser {
  const since = instant(Math.min(...metadata.map((meta) => meta.since)))
  const state = metadata.some((meta) => meta.state === 'ONLINE') ? 'ONLINE' : 'IDLE'
  return { user: { id, name: metadata[0]?.name ?? id }, state, since }
}

function byArrival(one: PresentUser, other: PresentUser): number {
  return one.since - other.since || (one.user.id < other.user.id ? -1 : 1)
}
