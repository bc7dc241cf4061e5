import { type ReadTogether, together } from '../../engine/kernel/batch-loader.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import type { Span } from '../../engine/storage/list-key.ts'
import { type PageKey, pages } from '../../engine/storage/pages.ts'
import type { RoomId } from '../rooms/ids.ts'
import { readMessages } from './reads/messages.ts'
import { readReceipts, readUnread, type Unread } from './reads/receipts.ts'
import type { Message } from './rules/message.ts'
import type { MemberMarks } from './rules/receipts/marks.ts'

/** Batched reads of messages for fields that ask for one at a time. */
export interface MessageReads {
  /** `bound`: the offset of the last message. */
  readonly messages: ReadTogether<PageKey<RoomId, Span>, readonly Message[]>
  /** The marks of all members of a room; undefined if it shows no receipts. */
  readonly receipts: ReadTogether<RoomId, readonly MemberMarks[] | undefined>
  /** Number of messages a member has not read. */
  readonly unreadCount: ReadTogether<Unread, number>
}

export const messageReads = defineService('messages: reads', ({ database }) => createMessageReads(database))

function createMessageReads(database: Database): MessageReads {
  return {
    messages: pages((parents, span) => readMessages(database, parents, span)),
    receipts: together(
      async (roomIds) => {
        const marks = await readReceipts(database, roomIds)
        return roomIds.map((id) => marks.get(id))
      },
      { idOf: String },
    ),
    unreadCount: together((asked) => readUnread(database, asked)),
  }
}
