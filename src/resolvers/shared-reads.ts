import type { MemberMarks } from '../domain/receipt/marks.ts'
import type { RoomId } from '../kernel/id.ts'
import type { Database } from '../log/database.ts'
import { type MemberKey, type MemberRecord, readMemberships } from '../log/read/members.ts'
import { readReceipts, readUnread, type Unread } from '../log/read/receipts.ts'
import { type AuctionSight, type RoomSight, readAuctionSights, readRoomSights } from '../log/read/sight.ts'
import { together } from './together.ts'

/** What many fields ask for one by one, and the record is asked for together. */
export interface SharedReads {
  /** Whether there is such a room for that caller. */
  seesRoom(sight: RoomSight): Promise<boolean>
  /** The room of the auction; undefined where there is no such auction for that caller. */
  roomOfAuction(sight: AuctionSight): Promise<RoomId | undefined>
  /** The standing membership. */
  membership(key: MemberKey): Promise<MemberRecord | undefined>
  /** The marks of all members of a room; undefined where it shows no receipts. */
  receipts(roomId: RoomId): Promise<readonly MemberMarks[] | undefined>
  /** How many messages a member has not read. */
  unreadCount(asked: Unread): Promise<number>
}

export function createSharedReads(database: Database): SharedReads {
  return {
    seesRoom: together((sights: readonly RoomSight[]) => readRoomSights(database, sights)),
    roomOfAuction: together((sights: readonly AuctionSight[]) => readAuctionSights(database, sights)),
    membership: together((keys: readonly MemberKey[]) => readMemberships(database, keys)),
    receipts: together(async (roomIds: readonly RoomId[]) => {
      const marks = await readReceipts(database, [...new Set(roomIds)])
      return roomIds.map((id) => marks.get(id))
    }),
    unreadCount: together((asked: readonly Unread[]) => readUnread(database, asked)),
  }
}
