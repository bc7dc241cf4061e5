import type { RoomId } from '../../features/rooms/ids.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { Deadlines } from '../kernel/deadlines.ts'
import type { UserId } from '../kernel/id.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Person } from '../kernel/person.ts'
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
  roster(roomId: RoomId): Current<Roster>
  /** How many are present, each user counted once. */
  count(roomId: RoomId): Promise<number>
  /**
   * Takes what a user says of themselves, for the one connection that they say it by where that is in the room, else for
   * all of theirs. False where they are not present there.
   */
  setState(roomId: RoomId, user: UserId, state: PresenceState, attendee: Attendee | null): Promise<boolean>
  typing(roomId: RoomId): Current<Typists>
  /** Ends by itself after ten seconds, and when the user leaves the room. */
  setTyping(roomId: RoomId, user: Person, isTyping: boolean): Promise<void>
  /** The user may no longer write in the room: ends their typing on every node. */
  silence(roomId: RoomId, user: UserId): void
  /** The room has ended: ends the typing of all, on every node, and keeps it so. */
  endTyping(roomId: RoomId): void
  /** Of this node alone; answers at once. */
  here(): Here
  close(): Promise<void>
}

export function createPresence({ registry, bus, node, deadlines, now }: PresenceOptions): Presence {
  const typing = createTyping({ registry, deadlines, now })
  const attendance = createAttendance({
    ...{ registry, deadlines, now },
    onLeft: (roomId, user) => typing.stop(roomId, user),
  })
  const words = createWords(bus, node, ({ roomId, user, says }) => {
    if (says === 'ENDED') typing.end(roomId)
    else if (says === 'SILENT') typing.stop(roomId, user)
    else attendance.setState(roomId, user, says)
  })
  const rosters = new WeakMap<Roll, Roster>()

  /** Told to all nodes without a look at the registry: a signal may be so new that it is not there yet. */
  function silence(roomId: RoomId, user: UserId): void {
    typing.stop(roomId, user)
    words.say({ roomId, user, says: 'SILENT' })
  }

  function rosterIn(roomId: RoomId, roll: Roll): Roster {
    const known = rosters.get(roll)
    if (known !== undefined) return known
    const made = rosterOf(roomId, roll, now())
    rosters.set(roll, made)
    return made
  }

  return {
    attend: attendance.attend,

    roster(roomId) {
      const place = presencePlace(roomId)
      let shown: Roster | undefined
      return {
        async read() {
          const roster = rosterIn(roomId, await registry.roll(place))
          // Other tags may mean the same: of who is on one more node, say.
          if (shown === undefined || !isSameRoster(shown, roster)) shown = roster
          return shown
        },
        watch: (onChange) => registry.follow(place, onChange),
      }
    },

    count: (roomId) => registry.count(presencePlace(roomId)),

    async setState(roomId, user, state, attendee) {
      if (attendee !== null && attendance.setOwnState(roomId, user, state, attendee)) return true
      const isHere = attendance.setState(roomId, user, state)
      const tags = (await registry.tagsOf(presencePlace(roomId), [user])).get(user) ?? []
      if (tags.length > (isHere ? 1 : 0)) words.say({ roomId, user, says: state })
      return isHere || tags.length > 0
    },

    typing: typing.in,

    async setTyping(roomId, user, isTyping) {
      if (isTyping) {
        typing.start(roomId, user)
        return
      }
      typing.stop(roomId, user.id)
      // The signal may have come to another node.
      const isElsewhere = (await registry.tagsOf(typingPlace(roomId), [user.id])).has(user.id)
      if (isElsewhere) words.say({ roomId, user: user.id, says: 'SILENT' })
    },

    silence,

    endTyping(roomId) {
      typing.end(roomId)
      words.say({ roomId, user: null, says: 'ENDED' })
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
