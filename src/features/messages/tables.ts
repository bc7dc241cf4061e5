import { bigint, json, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Person } from '../../engine/kernel/person.ts'
import type { Offset } from '../../engine/kernel/position.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { MessageId } from './ids.ts'

export const messages = pgTable(
  'messages',
  {
    id: text().$type<MessageId>().primaryKey(),
    roomId: text('room_id').$type<RoomId>().notNull(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    authorId: text('author_id').$type<UserId>().notNull(),
    authorName: text('author_name').notNull(),
    clientMessageId: text('client_message_id').notNull(),
    /** Compared with retries under the same clientMessageId; kept when the body is edited or deleted. */
    fingerprint: text().notNull(),
    body: text(),
    mentions: json().$type<readonly Person[]>().notNull(),
    replyToId: text('reply_to_id').$type<MessageId>(),
    sentAt: instantColumn('sent_at').notNull(),
    editedAt: instantColumn('edited_at'),
    deletedAt: instantColumn('deleted_at'),
  },
  (t) => [
    uniqueIndex('messages_history').on(t.roomId, t.offset),
    uniqueIndex('messages_client_id').on(t.roomId, t.authorId, t.clientMessageId),
  ],
)
