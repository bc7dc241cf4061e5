import type { Sight } from '../../hub/source.ts'
import { asRoomId } from '../../kernel/id.ts'
import { idOf, roomTopic } from '../../kernel/topic.ts'
import { isMemberData } from './room.ts'

/** The room entries that change what a member sees of trades: each concerns the member that it names. */
const DECISIVE: ReadonlySet<string> = new Set([
  'MemberJoined',
  'MemberLeft',
  'MemberRemoved',
  'MemberRoleChanged',
])

/**
 * What a reader sees of a room's orders and positions follows from their membership and role in it. Whether they see the
 * room at all is a question for the guard.
 */
export const TRADE_SIGHT: Sight = {
  topics: async (topic) => [roomTopic(asRoomId(idOf(topic)))],

  changedBy({ type, data }) {
    return DECISIVE.has(type) && isMemberData(data) ? { kind: 'user', userId: data.user.id } : undefined
  },
}
