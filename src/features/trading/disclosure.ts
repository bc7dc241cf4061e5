import { LRUCache } from 'lru-cache'
import { oneAtATime } from '../../engine/kernel/coalesce.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { defineService } from '../../engine/service.ts'
import { callerOf, type Viewer } from '../../platform/auth/viewer.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { readTradeFacts, type TradeFacts } from './reads/trade-facts.ts'
import { canSeeTrades } from './rules/access.ts'

/** Who may see what is traded in rooms that are followed on this node. */
export interface TradeRooms {
  /** The room as it is after this was asked. Costs a look at one row, unless something has changed. */
  read(roomId: RoomId): Promise<RoomFacts | undefined>
  /**
   * Whether `viewer` sees what `userId` trades, by the last that was read of the room: never older than `earlier`, which
   * is what was read for the entry itself.
   */
  sees(viewer: Viewer | null, roomId: RoomId, userId: UserId, earlier: RoomFacts | undefined): boolean
}

/** Members, over all rooms. */
const REMEMBERED = 500_000

export const tradeRooms = defineService('trading: disclosure', ({ database }) =>
  createTradeRooms((id, known) => readTradeFacts(database, id, known)),
)

/** `readFacts`: the room as it is now, `known` itself where nothing of it has changed. */
export function createTradeRooms(
  readFacts: (id: RoomId, known: TradeFacts | undefined) => Promise<TradeFacts | undefined>,
): TradeRooms {
  const latest = new LRUCache<RoomId, TradeFacts>({
    maxSize: REMEMBERED,
    sizeCalculation: ({ memberships }) => 1 + memberships.size,
  })

  return {
    // A room has many members, who may all come at once, and each has it read.
    read: oneAtATime(async (id) => {
      const facts = await readFacts(id, latest.get(id))
      if (facts !== undefined) latest.set(id, facts)
      return facts
    }),

    sees(viewer, roomId, userId, earlier) {
      const facts = latest.get(roomId) ?? earlier
      return facts !== undefined && canSeeTrades(callerOf(viewer), facts, userId)
    },
  }
}
