import type { Entry } from '../../engine/history/entry.ts'
import type { PresentedEvent, Visibility, VisibilityChange } from '../../engine/hub/source.ts'
import { together } from '../../engine/kernel/batch-loader.ts'
import { idOf, type Topic } from '../../engine/kernel/topic.ts'
import type { Database } from '../../engine/storage/database.ts'
import { asRoomId, type RoomId } from '../rooms/ids.ts'
import type { RightsQuestion } from '../rooms/reads/rights-changes.ts'
import { readVisibilities } from '../rooms/reads/room-facts.ts'
import { isMemberData, isRoomData } from '../rooms/source.ts'
import { roomTopic } from '../rooms/topics.ts'
import { readRoomsWithAnnouncements } from './reads/announcements.ts'
import { readAnnouncementRightsChanged } from './reads/rights-changes.ts'

/** The room entries that decide whether a user sees a members-only room. */
const DECISIVE: ReadonlySet<string> = new Set(['MemberJoined', 'MemberLeft', 'MemberRemoved'])

/**
 * An announcement to a room addresses those who see the room. `roomOf` returns the room that an event announces
 * something to, if any.
 */
export function createAnnouncementVisibility(
  database: Database,
  roomOf: (event: PresentedEvent & object) => RoomId | null,
): Visibility {
  /** The watched rooms, as far as they are known. */
  const visibilities = new Map<Topic, string>()

  const haveChanged = together((questions: readonly RightsQuestion[]) =>
    readAnnouncementRightsChanged(database, questions),
  )

  return {
    async topics() {
      return (await readRoomsWithAnnouncements(database)).map(roomTopic)
    },

    named(event) {
      const roomId = roomOf(event)
      return roomId === null ? [] : [roomTopic(roomId)]
    },

    async learn(topics) {
      const found = await readVisibilities(
        database,
        topics.map((topic) => asRoomId(idOf(topic))),
      )
      for (const { id, visibility } of found) visibilities.set(roomTopic(id), visibility)
    },

    changedBy({ topic, type, data }: Entry): VisibilityChange {
      if (isRoomData(data)) {
        const isSame = visibilities.get(topic) === data.room.visibility
        visibilities.set(topic, data.room.visibility)
        return isSame ? undefined : { kind: 'everybody' }
      }
      const known = visibilities.get(topic)
      const isForMembers = known === undefined || known === 'MEMBERS'
      if (!isForMembers || !DECISIVE.has(type) || !isMemberData(data)) return undefined
      return { kind: 'user', userId: data.user.id }
    },

    changedSince: (_topic, viewer, since) => haveChanged({ userId: viewer?.user.id ?? null, since }),
  }
}
