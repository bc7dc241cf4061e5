import type { Visibility } from '../../engine/hub/source.ts'
import { together } from '../../engine/kernel/batch-loader.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { asRoomId } from '../rooms/ids.ts'
import { readMemberRightsChanged } from '../rooms/reads/rights-changes.ts'
import { isMemberData } from '../rooms/source.ts'
import { roomTopic } from '../rooms/topics.ts'

/** The room entries that change what a member sees of trades; each affects the member it names. */
const DECISIVE: ReadonlySet<string> = new Set([
  'MemberJoined',
  'MemberLeft',
  'MemberRemoved',
  'MemberRoleChanged',
])

export const tradeVisibility = defineService('trading: visibility', ({ database }) =>
  createTradeVisibility(database),
)

/**
 * What a reader sees of a room's orders and positions depends on their membership and role. The guard decides whether
 * they see the room at all.
 */
function createTradeVisibility(database: Database): Visibility {
  const haveChanged = together((questions: Parameters<typeof readMemberRightsChanged>[1]) =>
    readMemberRightsChanged(database, questions),
  )

  return {
    topics: async (topic) => [roomTopic(asRoomId(idOf(topic)))],

    changedBy({ type, data }) {
      return DECISIVE.has(type) && isMemberData(data) ? { kind: 'user', userId: data.user.id } : undefined
    },

    async changedSince(topic, viewer, since) {
      // Visitors are never members.
      if (viewer === null) return false
      return haveChanged({ userId: viewer.user.id, roomId: asRoomId(idOf(topic)), since })
    },
  }
}
