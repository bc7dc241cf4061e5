import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { PresentedEvent, Source } from '../../engine/hub/source.ts'
import { SYSTEM } from '../../engine/kernel/actor.ts'
import { FAR_FUTURE, type Instant } from '../../engine/kernel/instant.ts'
import type { Person } from '../../engine/kernel/person.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { type RoomReads, roomReads } from './batched-reads.ts'
import { asRoomId } from './ids.ts'
import { readRoom } from './reads/rooms.ts'
import type { MemberRole, Room } from './rules/room.ts'
import { type RoomView, roomOfEntry, roomOfRecord } from './view.ts'

/** RoomStarted, RoomPaused, RoomResumed, RoomEnded, RoomUpdated. */
interface RoomEntryData {
  readonly room: Room
}

/** MemberJoined, MemberLeft, and MemberRemoved, which has a `reason`. */
interface MemberEntryData {
  readonly user: Person
  readonly memberCount: number
  readonly reason?: string | null
  /** MemberJoined. Absent in entries written before this field existed. */
  readonly role?: MemberRole
  /** MemberJoined: a mute from an earlier membership that still applies. */
  readonly mutedUntil?: Instant | null
}

interface RoleEntryData {
  readonly user: Person
  readonly role: MemberRole
}

/** MemberMuted. */
interface MuteEntryData {
  readonly user: Person
  readonly until: Instant | null
  /** Absent in entries written before this field existed. */
  readonly mutedUntil?: Instant | null
}

export type RoomEvent = PresentedEvent & { readonly room: RoomView }
export type MemberEvent = PresentedEvent & MemberEntryData
export type MuteEvent = PresentedEvent & MuteEntryData
/** MemberRoleChanged. */
export type RoleEvent = PresentedEvent & RoleEntryData

export const roomSource = defineService('rooms: source', ({ database, get }) =>
  createRoomSource(database, get(roomReads)),
)

function createRoomSource(database: Database, reads: RoomReads): Source {
  return {
    snapshotType: 'RoomSnapshot',
    isSnapshotShared: true,

    async snapshot(topic) {
      const record = await readRoom(database, asRoomId(idOf(topic)), SYSTEM)
      if (record === undefined) throw new Error(`${topic} has no room`)
      return { position: record.positions.room, at: record.at, state: { room: roomOfRecord(record) } }
    },

    present(entry): RoomEvent | MemberEvent | MuteEvent | RoleEvent {
      const { data } = entry
      if (isRoomData(data)) return { ...presentEntry(entry), room: roomOfEntry(reads, data.room) }
      if (isMemberData(data)) return { ...data, ...presentEntry(entry) }
      throw unreadable(entry)
    },
  }
}

/** The value that the membership holds since the event. */
export function mutedUntilOf({ mutedUntil, until, at }: MuteEvent): Instant | null {
  if (mutedUntil !== undefined) return mutedUntil
  const wanted = until ?? FAR_FUTURE
  return at < wanted ? wanted : null
}

export function isRoomData(data: object): data is RoomEntryData {
  return 'room' in data
}

export function isMemberData(data: object): data is MemberEntryData | MuteEntryData | RoleEntryData {
  return 'user' in data
}
