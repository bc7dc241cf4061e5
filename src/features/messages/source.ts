import { presentEntry, unreadable } from '../../engine/hub/present.ts'
import type { PresentedEvent, Source } from '../../engine/hub/source.ts'
import type { Person } from '../../engine/kernel/person.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { defineService } from '../../engine/service.ts'
import type { Database } from '../../engine/storage/database.ts'
import { asRoomId } from '../rooms/ids.ts'
import { readLastMessages } from './reads/messages.ts'
import type { Message } from './rules/message.ts'
import type { Marks } from './rules/receipts/marks.ts'

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

export const messagesSource = defineService('messages: source', ({ database }) =>
  createMessagesSource(database),
)

function createMessagesSource(database: Database): Source {
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
