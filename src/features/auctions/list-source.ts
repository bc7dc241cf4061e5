import type { ListItem, ListSource } from '../../engine/hub/source.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { callerOf, type Viewer } from '../../platform/auth/viewer.ts'
import type { RoomId } from '../rooms/ids.ts'
import { readRoomFacts } from '../rooms/reads/room-facts.ts'
import { canSeeRoom, membershipOf } from '../rooms/rules/access.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { asAuctionId } from './ids.ts'
import { readAuctionsById, readOpenAuctions } from './reads/auctions.ts'
import { type AuctionView, auctionOfRecord } from './view.ts'

/** An open auction in the list, with what is needed to decide who may see it. */
export interface AuctionItem extends ListItem {
  readonly value: AuctionView
  readonly room: RoomFacts | undefined
}

export interface AuctionList extends ListSource {
  read(ids: readonly string[]): Promise<readonly AuctionItem[]>
}

export const auctionListSource = defineService('auctions: list source', ({ database }) =>
  createAuctionList(database),
)

/** All open auctions, for tickers. */
function createAuctionList(database: Database): AuctionList {
  return {
    versions: () => readOpenAuctions(database),

    async read(ids) {
      const records = await readAuctionsById(database, ids.map(asAuctionId))
      const rooms = await readRoomFacts(database, [...new Set(records.map(({ terms }) => terms.roomId))])
      return records.map((record) => ({
        id: record.terms.id,
        version: record.head.position.offset,
        value: auctionOfRecord(record),
        room: rooms.get(record.terms.roomId),
      }))
    },
  }
}

function isAuctionItem(item: ListItem): item is AuctionItem {
  return 'room' in item
}

export function isInRoom(item: ListItem, roomId: RoomId): boolean {
  return isAuctionItem(item) && item.value.terms.roomId === roomId
}

/** As far as the item itself can tell who may see its room. */
export function seesItem(item: ListItem, viewer: Viewer | null): boolean {
  if (!isAuctionItem(item) || item.room === undefined) return false
  const caller = callerOf(viewer)
  return canSeeRoom(caller, item.room.room, membershipOf(caller, item.room.memberships))
}
