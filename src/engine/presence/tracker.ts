import type { Cancel, Deadlines } from '../kernel/deadlines.ts'
import type { UserId } from '../kernel/id.ts'
import { type Instant, later } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import type { Attendee } from './presence-session.ts'
import type { Registry } from './registry.ts'
import { decodePresence, encodePresence, type PresenceState } from './roster.ts'
import { connectedPlace, type Place, presencePlace } from './scope.ts'

export interface AttendanceOptions {
  readonly registry: Registry
  readonly deadlines: Deadlines
  now(): Instant
  /** The user has no subscription to anything in the room any more, on this node. They may come back. */
  onLeft(scope: ScopeId, user: UserId): void
}

/** Who is here by this node's connections alone. */
export interface Here {
  /** Signed in by at least one connection. */
  readonly users: number
  readonly scopes: ReadonlyMap<ScopeId, { readonly connections: number; readonly users: number }>
}

/** The connections to this node, and the rooms that they are in. */
export interface Attendance {
  /** A connection was opened. */
  attend(): Attendee
  /** What a user says of themselves by this connection. False where it is not in the room. */
  setOwnState(scope: ScopeId, user: UserId, state: PresenceState, attendee: Attendee): boolean
  /** The same of all their connections to this node. False where they are not present there. */
  setState(scope: ScopeId, user: UserId, state: PresenceState): boolean
  here(): Here
}

/** How long who has left is still shown: a reconnect is not to be seen. */
const GRACE_MS = 10_000

/** One connection in one room. */
interface Stay {
  /** Its running subscriptions there. */
  holds: number
  state: PresenceState
  /** Where it has none any more: calls off its end. */
  callOff: Cancel | undefined
}

/** One user in one room, by all connections to this node. */
interface Present {
  readonly name: string
  readonly since: Instant
  readonly stays: Set<Stay>
}

export function createAttendance({ registry, deadlines, now, onLeft }: AttendanceOptions): Attendance {
  const places = new Map<Place, Map<UserId, Present>>()
  const staysOf = new WeakMap<Attendee, Map<ScopeId, Stay>>()
  const connections = new Map<UserId, number>()
  /** Connections with a subscription in a room, those of visitors included. */
  const visits = new Map<ScopeId, number>()

  function presentAt(place: Place, user: UserId): Present | undefined {
    return places.get(place)?.get(user)
  }

  /** Keeps what is so of a user in a room, and has it shown. */
  function keep(place: Place, user: UserId, present: Present): void {
    const { stays, name, since } = present
    const users = places.get(place) ?? new Map<UserId, Present>()
    if (stays.size > 0) {
      const state = [...stays].some((stay) => stay.state === 'ONLINE') ? 'ONLINE' : 'IDLE'
      places.set(place, users.set(user, present))
      registry.tag(place, user, encodePresence({ state, since, name }))
    } else {
      users.delete(user)
      if (users.size === 0) places.delete(place)
      registry.tag(place, user, null)
    }
  }

  function arrive(place: Place, { id, name }: Person, stay: Stay): void {
    const { since, stays } = presentAt(place, id) ?? { since: now(), stays: new Set() }
    keep(place, id, { name, since, stays: stays.add(stay) })
  }

  function drop(place: Place, user: UserId, gone: readonly Stay[]): void {
    const present = presentAt(place, user)
    if (present === undefined) return
    for (const stay of gone) {
      stay.callOff?.()
      present.stays.delete(stay)
    }
    keep(place, user, present)
  }

  /** The last subscription of a connection in a room has ended. */
  function depart(place: Place, user: UserId, stay: Stay, isBarred: boolean): void {
    if (!isBarred) {
      stay.callOff = deadlines.arm(later(now(), GRACE_MS), () => drop(place, user, [stay]))
      return
    }
    // Those connections, too, whose moment still runs.
    const stays = [...(presentAt(place, user)?.stays ?? [])]
    drop(
      place,
      user,
      stays.filter(({ holds }) => holds === 0),
    )
  }

  function isHere(place: Place, user: UserId): boolean {
    return [...(presentAt(place, user)?.stays ?? [])].some(({ holds }) => holds > 0)
  }

  function setStateOf(stays: Iterable<Stay>, place: Place, user: UserId, state: PresenceState): boolean {
    const present = presentAt(place, user)
    if (present === undefined) return false
    for (const stay of stays) stay.state = state
    keep(place, user, present)
    return true
  }

  function countConnection(user: UserId, change: 1 | -1): void {
    const count = (connections.get(user) ?? 0) + change
    if (count > 0) connections.set(user, count)
    else connections.delete(user)
    registry.tag(connectedPlace, user, count > 0 ? String(count) : null)
  }

  function countVisit(scope: ScopeId, change: 1 | -1): void {
    const count = (visits.get(scope) ?? 0) + change
    if (count > 0) visits.set(scope, count)
    else visits.delete(scope)
  }

  // Who was on another node before came when they came there, whatever this node's clock says.
  registry.onShared((place, user, tags) => {
    const present = presentAt(place, user)
    if (present === undefined) return
    const [first] = tags.map((tag) => decodePresence(tag).since).sort((a, b) => a - b)
    if (first !== undefined) keep(place, user, { ...present, since: first })
  })

  return {
    attend() {
      const stays = new Map<ScopeId, Stay>()
      let user: Person | undefined
      let isClosed = false
      let isBarredEverywhere = false

      const attendee: Attendee = {
        signIn(next) {
          if (isClosed) return
          if (user === undefined) countConnection(next.id, 1)
          user = next
          for (const [scope, stay] of stays) if (stay.holds > 0) arrive(presencePlace(scope), next, stay)
        },

        enter(scope) {
          const place = presencePlace(scope)
          const known = stays.get(scope)
          const stay: Stay = known ?? { holds: 0, state: 'ONLINE', callOff: undefined }
          stays.set(scope, stay)
          stay.holds += 1
          if (stay.holds === 1) countVisit(scope, 1)
          stay.callOff?.()
          if (user !== undefined) arrive(place, user, stay)
          let isOver = false
          return (isBarred) => {
            if (isOver) return
            isOver = true
            stay.holds -= 1
            if (stay.holds > 0) return
            countVisit(scope, -1)
            if (user === undefined) stays.delete(scope)
            else {
              depart(place, user.id, stay, isBarred || isBarredEverywhere)
              if (!isHere(place, user.id)) onLeft(scope, user.id)
            }
          }
        },

        bar() {
          isBarredEverywhere = true
        },

        close() {
          if (isClosed) return
          isClosed = true
          if (user !== undefined) countConnection(user.id, -1)
        },
      }
      staysOf.set(attendee, stays)
      return attendee
    },

    setOwnState(scope, user, state, attendee) {
      const stay = staysOf.get(attendee)?.get(scope)
      return stay !== undefined && stay.holds > 0 && setStateOf([stay], presencePlace(scope), user, state)
    },

    here() {
      const scopes = [...visits].map(([scope, count]) => {
        const place = presencePlace(scope)
        const users = [...(places.get(place)?.keys() ?? [])].filter((user) => isHere(place, user)).length
        return [scope, { connections: count, users }] as const
      })
      return { users: connections.size, scopes: new Map(scopes) }
    },

    setState(scope, user, state) {
      const place = presencePlace(scope)
      return setStateOf(presentAt(place, user)?.stays ?? [], place, user, state)
    },
  }
}
