import type { Message } from '../../domain/message/message.ts'
import type { Person } from '../../domain/person.ts'
import type { Marks } from '../../domain/receipt/marks.ts'
import type { PresentedEvent, Source } from '../../hub/source.ts'
import { asRoomId } from '../../kernel/id.ts'
import { idOf } from '../../kernel/topic.ts'
import type { Database } from '../../log/database.ts'
import { readLastMessages } from '../../log/read/messages.ts'
import { presentEntry, unreadable } from './present.ts'

/** MessageSent, MessageEdited, MessageDeleted. */
interface MessageEntryData {
  readonly message: Message
}

/** ReceiptAdvanced. */
interface ReceiptEntryData extends Marks {
  readonly user: Person
}

export type MessageEvent = PresentedEvent & MessageEntryData
export type ReceiptEvent = PresentedEvent & ReceiptEntryData

const SNAPSHOT_LENGTH = 50

export function createMessagesSource(database: Database): Source {
  return {
    snapshotType: 'MessagesSnapshot',
    isSnapshotShared: true,

    async snapshot(topic) {
      const { position, at, messages } = await readLastMessages(
        database,
        asRoomId(idOf(topic)),
        SNAPSHOT_LENGTH,
      )
      return { position, at, state: { messages } }
    },

    present(entry): MessageEvent | ReceiptEvent {
      const { data } = entry
      if (isMessageData(data) || isReceiptData(data)) return { ...data, ...presentEntry(entry) }
      throw unreadable(entry)
    },

    // Deletion erases the content of every earlier version.
    rewritesHistory: ({ type }) => type === 'MessageDeleted',
  }
}

function isMessageData(data: object): data is MessageEntryData {
  return 'message' in data
}

function isReceiptData(data: object): data is ReceiptEntryData {
  return 'readThrough' in data
}
