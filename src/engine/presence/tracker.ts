import type { Cancel, Deadlines } from '../kernel/deadlines.ts'
import type { UserId } from '../kernel/id.ts'
import { type Instant, later } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import { type Channel, connectedChannel, presenceChannel } from './channels.ts'
import type { PresenceSession } from './presence-session.ts'
import type { Registry } from './registry.ts'
import { decodePresence, encodePresence, type PresenceState } from './roster.ts'

export interface TrackerOptions {
  readonly registry: Registry
  readonly deadlines: Deadlines
  now(): Instant
  /** The last subscription of the user in the scope on this node has ended. They may come back. */
  onLeft(scope: ScopeId, user: UserId): void
}

/** Presence through the connections to this node alone. */
export interface NodePresence {
  /** Users signed in on at least one connection. */
  readonly users: number
  readonly scopes: ReadonlyMap<ScopeId, { readonly connections: number; readonly users: number }>
}

/** Tracks the connections to this node and the scopes that they are in. */
export interface Tracker {
  /** Call when a connection was opened. */
  openSession(): PresenceSession
  /** Sets the state of one connection. Returns false if the connection is not in the scope. */
  setOwnState(scope: ScopeId, user: UserId, state: PresenceState, session: PresenceSession): boolean
  /** Sets the state of all connections of a user to this node. Returns false if the user is not present in the scope. */
  setState(scope: ScopeId, user: UserId, state: PresenceState): boolean
  onThisNode(): NodePresence
}

/** How long users stay present after they have left, so that a reconnect goes unnoticed. */
const GRACE_MS = 10_000

/** One connection in one scope. */
interface ScopeSession {
  /** Number of open subscriptions. */
  subscriptions: number
  state: PresenceState
  /** Cancels the grace period that begins with the end of the last subscription. */
  cancelGrace: Cancel | undefined
}

/** One user in one scope, through all connections to this node. */
interface Member {
  readonly name: string
  readonly since: Instant
  readonly sessions: Set<ScopeSession>
}

export function createTracker({ registry, deadlines, now, onLeft }: TrackerOptions): Tracker {
  const channels = new Map<Channel, Map<UserId, Member>>()
  const scopesOf = new WeakMap<PresenceSession, Map<ScopeId, ScopeSession>>()
  const connections = new Map<UserId, number>()
  /** Connections with a subscription in a scope, including those of visitors. */
  const connectionsIn = new Map<ScopeId, number>()

  function memberOf(channel: Channel, user: UserId): Member | undefined {
    return channels.get(channel)?.get(user)
  }

  /** Stores a member and publishes its metadata; removes both if the member has no session left. */
  function update(channel: Channel, user: UserId, member: Member): void {
    const { sessions, name, since } = member
    const users = channels.get(channel) ?? new Map<UserId, Member>()
    if (sessions.size > 0) {
      const state = [...sessions].some((session) => session.state === 'ONLINE') ? 'ONLINE' : 'IDLE'
      channels.set(channel, users.set(user, member))
      registry.setMeta(channel, user, encodePresence({ state, since, name }))
    } else {
      users.delete(user)
      if (users.size === 0) channels.delete(channel)
      registry.setMeta(channel, user, null)
    }
  }

  function join(channel: Channel, { id, name }: Person, session: ScopeSession): void {
    const { since, sessions } = memberOf(channel, id) ?? { since: now(), sessions: new Set() }
    update(channel, id, { name, since, sessions: sessions.add(session) })
  }

  function drop(channel: Channel, user: UserId, ended: readonly ScopeSession[]): void {
    const member = memberOf(channel, user)
    if (member === undefined) return
    for (const session of ended) {
      session.cancelGrace?.()
      member.sessions.delete(session)
    }
    update(channel, user, member)
  }

  /** The last subscription of a connection in a scope has ended. */
  function leave(channel: Channel, user: UserId, session: ScopeSession, isRevoked: boolean): void {
    if (!isRevoked) {
      session.cancelGrace = deadlines.arm(later(now(), GRACE_MS), () => drop(channel, user, [session]))
      return
    }
    // Also drops other connections of the user whose grace period is still running.
    const sessions = [...(memberOf(channel, user)?.sessions ?? [])]
    drop(
      channel,
      user,
      sessions.filter(({ subscriptions }) => subscriptions === 0),
    )
  }

  function isSubscribed(channel: Channel, user: UserId): boolean {
    return [...(memberOf(channel, user)?.sessions ?? [])].some(({ subscriptions }) => subscriptions > 0)
  }

  function setStateOf(
    sessions: Iterable<ScopeSession>,
    channel: Channel,
    user: UserId,
    state: PresenceState,
  ): boolean {
    const member = memberOf(channel, user)
    if (member === undefined) return false
    for (const session of sessions) session.state = state
    update(channel, user, member)
    return true
  }

  function countConnection(user: UserId, change: 1 | -1): void {
    const count = (connections.get(user) ?? 0) + change
    if (count > 0) connections.set(user, count)
    else connections.delete(user)
    registry.setMeta(connectedChannel, user, count > 0 ? String(count) : null)
  }

  function countConnectionIn(scope: ScopeId, change: 1 | -1): void {
    const count = (connectionsIn.get(scope) ?? 0) + change
    if (count > 0) connectionsIn.set(scope, count)
    else connectionsIn.delete(scope)
  }

  // A user who is already present on another node keeps the time of arrival there, whatever this node's clock says.
  registry.onShared((channel, user, metadata) => {
    const member = memberOf(channel, user)
    if (member === undefined) return
    const [first] = metadata.map((meta) => decodePresence(meta).since).sort((a, b) => a - b)
    if (first !== undefined) update(channel, user, { ...member, since: first })
  })

  return {
    openSession() {
      const scopes = new Map<ScopeId, ScopeSession>()
      let user: Person | undefined
      let isClosed = false
      let isRevokedEverywhere = false

      const opened: PresenceSession = {
        signIn(next) {
          if (isClosed) return
          if (user === undefined) countConnection(next.id, 1)
          user = next
          for (const [scope, session] of scopes) {
            if (session.subscriptions > 0) join(presenceChannel(scope), next, session)
          }
        },

        enter(scope) {
          const channel = presenceChannel(scope)
          const known = scopes.get(scope)
          const session: ScopeSession = known ?? { subscriptions: 0, state: 'ONLINE', cancelGrace: undefined }
          scopes.set(scope, session)
          session.subscriptions += 1
          if (session.subscriptions === 1) countConnectionIn(scope, 1)
          session.cancelGrace?.()
          if (user !== undefined) join(channel, user, session)
          let isOver = false
          return (isRevoked) => {
            if (isOver) return
            isOver = true
            session.subscriptions -= 1
            if (session.subscriptions > 0) return
            countConnectionIn(scope, -1)
            if (user === undefined) scopes.delete(scope)
            else {
              leave(channel, user.id, session, isRevoked || isRevokedEverywhere)
              if (!isSubscribed(channel, user.id)) onLeft(scope, user.id)
            }
          }
        },

        revoke() {
          isRevokedEverywhere = true
        },

        close() {
          if (isClosed) return
          isClosed = true
          if (user !== undefined) countConnection(user.id, -1)
        },
      }
      scopesOf.set(opened, scopes)
      return opened
    },

    setOwnState(scope, user, state, session) {
      const own = scopesOf.get(session)?.get(scope)
      if (own === undefined || own.subscriptions === 0) return false
      return setStateOf([own], presenceChannel(scope), user, state)
    },

    onThisNode() {
      const scopes = [...connectionsIn].map(([scope, count]) => {
        const channel = presenceChannel(scope)
        const members = [...(channels.get(channel)?.keys() ?? [])]
        const users = members.filter((user) => isSubscribed(channel, user)).length
        return [scope, { connections: count, users }] as const
      })
      return { users: connections.size, scopes: new Map(scopes) }
    },

    setState(scope, user, state) {
      const channel = presenceChannel(scope)
      return setStateOf(memberOf(channel, user)?.sessions ?? [], channel, user, state)
    },
  }
}
