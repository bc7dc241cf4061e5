import type { MemberMarks } from '../domain/receipt/marks.ts'
import type { RoomId } from '../kernel/id.ts'
import type { Database } from '../log/database.ts'
import { type MemberKey, type MemberRecord, readMemberships } from '../log/read/members.ts'
import { readReceipts, readUnread, type Unread } from '../log/read/receipts.ts'
import { together } from './together.ts'

/** What many fields ask for one by one, and the record is asked for together. */
export interface SharedReads {
  /** The standing membership. */
  membership(key: MemberKey): Promise<MemberRecord | undefined>
  /** The marks of all members of a room; undefined where it shows no receipts. */
  receipts(roomId: RoomId): Promise<readonly MemberMarks[] | undefined>
  /** How many messages a member has not read. */
  unreadCount(asked: Unread): Promise<number>
}

export function createSharedReads(database: Database): SharedReads {
  return {
    membership: together((keys: readonly MemberKey[]) => readMemberships(database, keys)),
    receipts: together(async (roomIds: readonly RoomId[]) => {
      const marks = await readReceipts(database, [...new Set(roomIds)])
      return roomIds.map((id) => marks.get(id))
    }),
    unreadCount: together((asked: readonly Unread[]) => readUnread(database, asked)),
  }
}
