import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { PresentedEvent, Source } from '../../engine/hub/source.ts'
import { oneAtATime } from '../../engine/kernel/coalesce.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { callerOf } from '../../platform/auth/viewer.ts'
import type { RoomId } from '../rooms/ids.ts'
import { readRoomFacts } from '../rooms/reads/room-facts.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { readAnnouncementsInForce } from './reads/announcements.ts'
import { canSeeAnnouncement } from './rules/access.ts'
import type { Announcement } from './rules/announcement.ts'
import { createAnnouncementVisibility } from './visibility.ts'

interface AnnouncementEntryData {
  readonly announcement: Announcement
}

export type AnnouncementEvent = PresentedEvent & AnnouncementEntryData

const MAX_SNAPSHOT = 1000

/** The rooms that announcements name, in their current state, with those who may see them. */
type Rooms = ReadonlyMap<RoomId, RoomFacts | undefined>

const NO_ROOMS: Rooms = new Map()

export const announcementsSource = defineService('announcements: source', ({ database }) =>
  createAnnouncementsSource(database),
)

/** Announcements to everyone, to roles and to rooms; each reader gets those that address them now. */
function createAnnouncementsSource(database: Database): Source<undefined, Rooms> {
  // Readers that reconnect after an outage replay the same entries at about the same time, so they share the reads.
  const readRoom = oneAtATime(async (id: RoomId) => (await readRoomFacts(database, [id])).get(id))

  return {
    snapshotType: 'AnnouncementsSnapshot',
    isSnapshotShared: false,
    visibility: createAnnouncementVisibility(database, roomOf),

    async snapshot(_topic, viewer) {
      const found = await readAnnouncementsInForce(database, callerOf(viewer), MAX_SNAPSHOT)
      return { position: found.position, at: found.at, state: { announcements: found.announcements } }
    },

    present(entry): AnnouncementEvent {
      if (!isAnnouncementData(entry.data)) throw unreadable(entry)
      return { ...entry.data, ...presentEntry(entry) }
    },

    access(_topic, events) {
      const ids = new Set(events.map(roomOf).filter((id) => id !== null))
      if (ids.size === 0) return NO_ROOMS
      return Promise.all([...ids].map(async (id) => [id, await readRoom(id)] as const)).then(
        (rooms) => new Map(rooms),
      )
    },

    sees(event, rooms, viewer) {
      if (!isAnnouncementData(event)) return false
      const { announcement } = event
      const room = announcement.roomId === null ? undefined : rooms?.get(announcement.roomId)
      return canSeeAnnouncement(callerOf(viewer), announcement, room)
    },
  }
}

function roomOf(event: object): RoomId | null {
  return isAnnouncementData(event) ? event.announcement.roomId : null
}

function isAnnouncementData(data: object): data is AnnouncementEntryData {
  return 'announcement' in data
}
