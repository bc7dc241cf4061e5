import type { Bus } from '../../pubsub/bus.ts'
import type { Deadlines } from '../kernel/deadlines.ts'
import type { UserId } from '../kernel/id.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import { connectedChannel, presenceChannel, typingChannel } from './channels.ts'
import type { Current } from './current.ts'
import type { PresenceSession } from './presence-session.ts'
import type { MemberList, Registry } from './registry.ts'
import { isSameRoster, type PresenceState, type Roster, rosterOf } from './roster.ts'
import { createSignals } from './signals.ts'
import { createTracker, type NodePresence } from './tracker.ts'
import { createTyping, type TypingUsers } from './typing.ts'

export interface PresenceOptions {
  readonly registry: Registry
  readonly bus: Bus
  /** Unique for each process. */
  readonly node: string
  readonly deadlines: Deadlines
  now(): Instant
}

/** The users connected to any node. While other nodes can't be reached, the answers cover this node alone. */
export interface Connected {
  /** Those of `users` who have a connection. */
  connected(users: readonly UserId[]): Promise<ReadonlySet<UserId>>
  /** Connections of each user on all nodes, including those opened on this node before the call. */
  connections(users: readonly UserId[]): Promise<ReadonlyMap<UserId, number>>
}

/** Presence and typing in scopes. Sessions are those of connections to this node; results cover all nodes. */
export interface Presence extends Connected {
  /** Call when a connection to this node was opened. */
  openSession(): PresenceSession
  roster(scope: ScopeId): Current<Roster>
  /** Number of distinct users present. */
  count(scope: ScopeId): Promise<number>
  /**
   * Sets the state of one connection if `session` is in the scope, otherwise of all connections of the user. Returns false
   * if the user is not present in the scope.
   */
  setState(
    scope: ScopeId,
    user: UserId,
    state: PresenceState,
    session: PresenceSession | null,
  ): Promise<boolean>
  typing(scope: ScopeId): Current<TypingUsers>
  /** Typing ends after ten seconds without another call, and when the user leaves the scope. */
  setTyping(scope: ScopeId, user: Person, isTyping: boolean): Promise<void>
  /** The user lost the right to post in the scope: ends their typing on every node. */
  silence(scope: ScopeId, user: UserId): void
  /** The scope has ended: ends all typing on every node and rejects later signals. */
  endTyping(scope: ScopeId): void
  /** Covers this node alone and needs no request to others. */
  onThisNode(): NodePresence
  close(): Promise<void>
}

export function createPresence({ registry, bus, node, deadlines, now }: PresenceOptions): Presence {
  const typing = createTyping({ registry, deadlines, now })
  const tracker = createTracker({
    ...{ registry, deadlines, now },
    onLeft: (scope, user) => typing.stop(scope, user),
  })
  const signals = createSignals(bus, node, ({ scope, user, kind }) => {
    if (kind === 'ENDED') typing.end(scope)
    else if (kind === 'SILENT') typing.stop(scope, user)
    else tracker.setState(scope, user, kind)
  })
  const rosters = new WeakMap<MemberList, Roster>()

  /** Signals every node without asking the registry, which may not yet have a typing signal sent a moment ago. */
  function silence(scope: ScopeId, user: UserId): void {
    typing.stop(scope, user)
    signals.publish({ scope, user, kind: 'SILENT' })
  }

  function rosterIn(scope: ScopeId, members: MemberList): Roster {
    const known = rosters.get(members)
    if (known !== undefined) return known
    const made = rosterOf(scope, members, now())
    rosters.set(members, made)
    return made
  }

  return {
    openSession: tracker.openSession,

    roster(scope) {
      const channel = presenceChannel(scope)
      let shown: Roster | undefined
      return {
        async read() {
          const roster = rosterIn(scope, await registry.members(channel))
          // Different metadata may yield the same roster, for example when a user appears on a second node.
          if (shown === undefined || !isSameRoster(shown, roster)) shown = roster
          return shown
        },
        watch: (onChange) => registry.watch(channel, onChange),
      }
    },

    count: (scope) => registry.count(presenceChannel(scope)),

    async setState(scope, user, state, session) {
      if (session !== null && tracker.setOwnState(scope, user, state, session)) return true
      const isHere = tracker.setState(scope, user, state)
      const metadata = (await registry.metadataOf(presenceChannel(scope), [user])).get(user) ?? []
      if (metadata.length > (isHere ? 1 : 0)) signals.publish({ scope, user, kind: state })
      return isHere || metadata.length > 0
    },

    typing: typing.in,

    async setTyping(scope, user, isTyping) {
      if (isTyping) {
        typing.start(scope, user)
        return
      }
      typing.stop(scope, user.id)
      // Another node may have received the typing signal.
      const isElsewhere = (await registry.metadataOf(typingChannel(scope), [user.id])).has(user.id)
      if (isElsewhere) signals.publish({ scope, user: user.id, kind: 'SILENT' })
    },

    silence,

    endTyping(scope) {
      typing.end(scope)
      signals.publish({ scope, user: null, kind: 'ENDED' })
    },

    onThisNode: tracker.onThisNode,

    async connected(users) {
      return new Set((await registry.metadataOf(connectedChannel, users)).keys())
    },

    async connections(users) {
      const metadata = await registry.metadataOf(connectedChannel, users)
      const countOf = (user: UserId): number =>
        (metadata.get(user) ?? []).reduce((sum, count) => sum + Number(count), 0)
      return new Map(users.map((user) => [user, countOf(user)]))
    },

    async close() {
      signals.close()
      await registry.close()
    },
  }
}
