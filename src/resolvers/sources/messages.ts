import type { Message } from '../../domain/message/message.ts'
import type { PresentedEvent, Source } from '../../hub/source.ts'
import { asRoomId } from '../../kernel/id.ts'
import { idOf } from '../../kernel/topic.ts'
import type { Database } from '../../log/database.ts'
import { readLastMessages } from '../../log/read/messages.ts'
import { presentEntry, unreadable } from './present.ts'

interface MessageEntryData {
  readonly message: Message
}

export type MessageEvent = PresentedEvent & MessageEntryData

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

    present(entry): MessageEvent {
      if (!isMessageData(entry.data)) throw unreadable(entry)
      return { ...entry.data, ...presentEntry(entry) }
    },
  }
}

function isMessageData(data: object): data is MessageEntryData {
  return 'message' in data
}
