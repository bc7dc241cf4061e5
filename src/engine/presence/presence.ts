import type { Bus } from '../../pubsub/bus.ts'
import type { Deadlines } from '../kernel/deadlines.ts'
import type { UserId } from '../kernel/id.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
import type { ScopeId } from '../kernel/scope-id.ts'
import type { Current } from './current.ts'
import type { Attendee } from './presence-session.ts'
import type { Registry, Roll } from './registry.ts'
import { isSameRoster, type PresenceState, type Roster, rosterOf } from './roster.ts'
import { connectedPlace, presencePlace, typingPlace } from './scope.ts'
import { createWords } from './signals.ts'
import { createAttendance, type Here } from './tracker.ts'
import { createTyping, type Typists } from './typing.ts'

export interface PresenceOptions {
  readonly registry: Registry
  readonly bus: Bus
  /** Another for each process. */
  readonly node: string
  readonly deadlines: Deadlines
  now(): Instant
}

/** Who has any connection to any node. While others can't be asked, this one answers for itself. */
export interface Connected {
  /** Those of `users` who have one. */
  connected(users: readonly UserId[]): Promise<ReadonlySet<UserId>>
  /** How many each has in all, those included that were opened here before the call. */
  connections(users: readonly UserId[]): Promise<ReadonlyMap<UserId, number>>
}

/** Who is in which room, and who is writing there: on all nodes, by their connections to this one. */
export interface Presence extends Connected {
  /** A connection to this node was opened. */
  attend(): Attendee
  roster(scope: ScopeId): Current<Roster>
  /** How many are present, each user counted once. */
  count(scope: ScopeId): Promise<number>
  /**
   * Takes what a user says of themselves, for the one connection that they say it by where that is in the room, else for
   * all of theirs. False where they are not present there.
   */
  setState(scope: ScopeId, user: UserId, state: PresenceState, attendee: Attendee | null): Promise<boolean>
  typing(scope: ScopeId): Current<Typists>
  /** Ends by itself after ten seconds, and when the user leaves the room. */
  setTyping(scope: ScopeId, user: Person, isTyping: boolean): Promise<void>
  /** The user may no longer write in the room: ends their typing on every node. */
  silence(scope: ScopeId, user: UserId): void
  /** The room has ended: ends the typing of all, on every node, and keeps it so. */
  endTyping(scope: ScopeId): void
  /** Of this node alone; answers at once. */
  here(): Here
  close(): Promise<void>
}

export function createPresence({ registry, bus, node, deadlines, now }: PresenceOptions): Presence {
  const typing = createTyping({ registry, deadlines, now })
  const attendance = createAttendance({
    ...{ registry, deadlines, now },
    onLeft: (scope, user) => typing.stop(scope, user),
  })
  const words = createWords(bus, node, ({ scope, user, says }) => {
    if (says === 'ENDED') typing.end(scope)
    else if (says === 'SILENT') typing.stop(scope, user)
    else attendance.setState(scope, user, says)
  })
  const rosters = new WeakMap<Roll, Roster>()

  /** Told to all nodes without a look at the registry: a signal may be so new that it is not there yet. */
  function silence(scope: ScopeId, user: UserId): void {
    typing.stop(scope, user)
    words.say({ scope, user, says: 'SILENT' })
  }

  function rosterIn(scope: ScopeId, roll: Roll): Roster {
    const known = rosters.get(roll)
    if (known !== undefined) return known
    const made = rosterOf(scope, roll, now())
    rosters.set(roll, made)
    return made
  }

  return {
    attend: attendance.attend,

    roster(scope) {
      const place = presencePlace(scope)
      let shown: Roster | undefined
      return {
        async read() {
          const roster = rosterIn(scope, await registry.roll(place))
          // Other tags may mean the same: of who is on one more node, say.
          if (shown === undefined || !isSameRoster(shown, roster)) shown = roster
          return shown
        },
        watch: (onChange) => registry.follow(place, onChange),
      }
    },

    count: (scope) => registry.count(presencePlace(scope)),

    async setState(scope, user, state, attendee) {
      if (attendee !== null && attendance.setOwnState(scope, user, state, attendee)) return true
      const isHere = attendance.setState(scope, user, state)
      const tags = (await registry.tagsOf(presencePlace(scope), [user])).get(user) ?? []
      if (tags.length > (isHere ? 1 : 0)) words.say({ scope, user, says: state })
      return isHere || tags.length > 0
    },

    typing: typing.in,

    async setTyping(scope, user, isTyping) {
      if (isTyping) {
        typing.start(scope, user)
        return
      }
      typing.stop(scope, user.id)
      // The signal may have come to another node.
      const isElsewhere = (await registry.tagsOf(typingPlace(scope), [user.id])).has(user.id)
      if (isElsewhere) words.say({ scope, user: user.id, says: 'SILENT' })
    },

    silence,

    endTyping(scope) {
      typing.end(scope)
      words.say({ scope, user: null, says: 'ENDED' })
    },

    here: attendance.here,

    async connected(users) {
      return new Set((await registry.tagsOf(connectedPlace, users)).keys())
    },

    async connections(users) {
      const tags = await registry.tagsOf(connectedPlace, users)
      const countOf = (user: UserId): number =>
        (tags.get(user) ?? []).reduce((sum, tag) => sum + Number(tag), 0)
      return new Map(users.map((user) => [user, countOf(user)]))
    },

    async close() {
      words.close()
      await registry.close()
    },
  }
}
