import { canSeeAnnouncement } from '../../domain/announcement/access.ts'
import type { Announcement } from '../../domain/announcement/announcement.ts'
import type { RoomFacts } from '../../domain/room/room.ts'
import type { PresentedEvent, Source } from '../../hub/source.ts'
import type { RoomId } from '../../kernel/id.ts'
import type { Database } from '../../log/database.ts'
import type { Entry } from '../../log/entry.ts'
import { readAnnouncementsInForce } from '../../log/read/announcements.ts'
import { readRoomFacts } from '../../log/read/room-facts.ts'
import { callerOf } from '../caller.ts'
import { presentEntry, unreadable } from './present.ts'

interface AnnouncementEntryData {
  readonly announcement: Announcement
}

export type AnnouncementEvent = PresentedEvent & AnnouncementEntryData

const MAX_SNAPSHOT = 1000

/** `Prepared`: the room of an announcement to a room, and who may see it; undefined for the others. */
export function createAnnouncementsSource(database: Database): Source<RoomFacts | undefined> {
  return {
    snapshotType: 'AnnouncementsSnapshot',
    isSnapshotShared: false,

    async snapshot(_topic, viewer) {
      const found = await readAnnouncementsInForce(database, callerOf(viewer), MAX_SNAPSHOT)
      return { position: found.position, at: found.at, state: { announcements: found.announcements } }
    },

    async prepare(_topic, entries) {
      const rooms = entries.map(roomOf)
      const facts = await readRoomFacts(database, [...new Set(rooms.filter((id) => id !== null))])
      return rooms.map((id) => (id === null ? undefined : facts.get(id)))
    },

    present(entry): AnnouncementEvent {
      if (!isAnnouncementData(entry.data)) throw unreadable(entry)
      return { ...entry.data, ...presentEntry(entry) }
    },

    sees(event, room, viewer) {
      return isAnnouncementData(event) && canSeeAnnouncement(callerOf(viewer), event.announcement, room)
    },
  }
}

function roomOf({ data }: Entry): RoomId | null {
  return isAnnouncementData(data) ? data.announcement.roomId : null
}

function isAnnouncementData(data: object): data is AnnouncementEntryData {
  return 'announcement' in data
}
