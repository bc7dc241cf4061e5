import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { PresentedEvent, Source, Visibility } from '../../engine/hub/source.ts'
import type { Amount } from '../../engine/kernel/amount.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { callerOf } from '../../platform/auth/viewer.ts'
import { asRoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { type TradeRooms, tradeRooms } from './disclosure.ts'
import { readOpenOrders } from './reads/orders.ts'
import { readTradeScope } from './reads/trade-facts.ts'
import type { Order } from './rules/order.ts'
import { tradeVisibility } from './visibility.ts'

/** OrderAccepted, OrderFailed, OrderCancelled. */
interface OrderEntryData {
  readonly order: Order
}

/** OrderExecuted. */
interface FillEntryData extends OrderEntryData {
  readonly executionId: string
  readonly lastQuantity: Amount
  readonly lastPrice: Amount
}

export type OrderEvent = PresentedEvent & OrderEntryData
export type OrderExecutedEvent = PresentedEvent & FillEntryData

const MAX_SNAPSHOT = 1000

/** The orders of a room; each reader gets those that the room currently discloses to them. */
export const ordersSource = defineService('trading: orders source', ({ database, get }) =>
  createOrdersSource(database, get(tradeRooms), get(tradeVisibility)),
)

function createOrdersSource(
  database: Database,
  disclosed: TradeRooms,
  visibility: Visibility,
): Source<undefined, RoomFacts | undefined> {
  return {
    snapshotType: 'OrdersSnapshot',
    isSnapshotShared: false,
    visibility,

    async snapshot(topic, viewer) {
      const roomId = asRoomId(idOf(topic))
      const scope = await readTradeScope(database, roomId, callerOf(viewer))
      const { position, at, open } = await readOpenOrders(database, roomId, scope, MAX_SNAPSHOT)
      return { position, at, state: { open } }
    },

    access: (topic) => disclosed.read(asRoomId(idOf(topic))),

    present(entry): OrderEvent {
      if (!isOrderData(entry.data)) throw unreadable(entry)
      return { ...entry.data, ...presentEntry(entry) }
    },

    sees(event, room, viewer) {
      if (!isOrderData(event)) return false
      const { roomId, user } = event.order
      return disclosed.sees(viewer, roomId, user.id, room)
    },
  }
}

function isOrderData(data: object): data is OrderEntryData {
  return 'order' in data
}
