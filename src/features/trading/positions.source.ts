import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { PresentedEvent, Source, Visibility } from '../../engine/hub/source.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { callerOf } from '../../platform/auth/viewer.ts'
import { asRoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { type TradeRooms, tradeRooms } from './disclosure.ts'
import { readHoldings } from './reads/positions.ts'
import { readTradeScope } from './reads/trade-facts.ts'
import type { Portfolio, Position } from './rules/position.ts'
import { tradeVisibility } from './visibility.ts'

/** PositionUpdated, PositionClosed. (An event's `position` is its position in the history.) */
export type PositionEvent = PresentedEvent & { readonly held: Position }
/** PortfolioUpdated. */
export type PortfolioEvent = PresentedEvent & { readonly portfolio: Portfolio }

const MAX_SNAPSHOT = 1000

/** The positions and portfolios of a room; each reader gets those that the room currently discloses to them. */
export const positionsSource = defineService('trading: positions source', ({ database, get }) =>
  createPositionsSource(database, get(tradeRooms), get(tradeVisibility)),
)

function createPositionsSource(
  database: Database,
  disclosed: TradeRooms,
  visibility: Visibility,
): Source<undefined, RoomFacts | undefined> {
  return {
    snapshotType: 'PositionsSnapshot',
    isSnapshotShared: false,
    visibility,

    async snapshot(topic, viewer) {
      const roomId = asRoomId(idOf(topic))
      const scope = await readTradeScope(database, roomId, callerOf(viewer))
      const { position, at, ...state } = await readHoldings(database, roomId, scope, MAX_SNAPSHOT)
      return { position, at, state }
    },

    access: (topic) => disclosed.read(asRoomId(idOf(topic))),

    present(entry): PositionEvent | PortfolioEvent {
      const { data } = entry
      if (isPositionData(data)) return { ...presentEntry(entry), held: data.position }
      if (isPortfolioData(data)) return { ...presentEntry(entry), portfolio: data.portfolio }
      throw unreadable(entry)
    },

    sees(event, room, viewer) {
      const shown = isHeld(event) ? event.held : isPortfolioData(event) ? event.portfolio : undefined
      return shown !== undefined && disclosed.sees(viewer, shown.roomId, shown.user.id, room)
    },
  }
}

function isPositionData(data: object): data is { readonly position: Position } {
  return 'position' in data
}

function isPortfolioData(data: object): data is { readonly portfolio: Portfolio } {
  return 'portfolio' in data
}

function isHeld(event: object): event is Pick<PositionEvent, 'held'> {
  return 'held' in event
}
