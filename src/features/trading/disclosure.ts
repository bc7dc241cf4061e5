import { LRUCache } from 'lru-cache'
import { oneAtATime } from '../../engine/kernel/coalesce.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { defineService } from '../../engine/service.ts'
import { callerOf, type Viewer } from '../../platform/auth/viewer.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { readTradeFacts, type TradeFacts } from './reads/trade-facts.ts'
import { canSeeTrades } from './rules/access.ts'

/** Decides who may see trades in the rooms watched on this node. */
export interface TradeRooms {
  /** Returns a state of the room not older than the call. Costs a one-row read unless something has changed. */
  read(roomId: RoomId): Promise<RoomFacts | undefined>
  /**
   * Whether `viewer` sees the trades of `userId`, by the latest state read of the room: never older than `earlier`,
   * the state read for the entry itself.
   */
  sees(viewer: Viewer | null, roomId: RoomId, userId: UserId, earlier: RoomFacts | undefined): boolean
}

/** Maximum number of cached members, over all rooms. */
const REMEMBERED = 500_000

export const tradeRooms = defineService('trading: disclosure', ({ database }) =>
  createTradeRooms((id, known) => readTradeFacts(database, id, known)),
)

/** `readFacts` returns the current room, or `known` itself if nothing has changed. */
export function createTradeRooms(
  readFacts: (id: RoomId, known: TradeFacts | undefined) => Promise<TradeFacts | undefined>,
): TradeRooms {
  const latest = new LRUCache<RoomId, TradeFacts>({
    maxSize: REMEMBERED,
    sizeCalculation: ({ memberships }) => 1 + memberships.size,
  })

  return {
    // Many members of a room may connect at once, and each triggers a read.
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
