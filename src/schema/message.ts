import type { Message as MessageShape } from '../features/messages/rules/message.ts'
import { SHARE } from '../platform/limits/field-cost.ts'
import { messagesCursor, messagesOfRoom } from '../resolvers/messages.ts'
import { receiptCounts } from '../resolvers/receipts.ts'
import type { Builder } from './builder.ts'
import { connectionType } from './connection.ts'
import { costs } from './field.ts'
import { Node } from './node.ts'
import { User } from './person.ts'
import { Room } from './room.ts'
import { SharedObject } from './shared-types.ts'

export const Message = new SharedObject<MessageShape>('Message')

/** One read of the receipts of at most 100 members per room; counted in memory per message. */
const RECEIPTS = 1

/** Messages, and those of a room. */
export function addMessageTypes(builder: Builder): void {
  addMessage(builder)
  addMessagesOfRoom(builder)
}

function addMessage(builder: Builder): void {
  Message.in(builder).implement({
    interfaces: [Node],
    fields: (t) => ({
      roomId: t.exposeID('roomId'),
      author: t.expose('author', { type: User }),
      body: t.exposeString('body', {
        nullable: true,
        description: 'Null once deleted, even in replayed earlier entries.',
      }),
      mentions: t.expose('mentions', { type: [User], ...costs({ size: 1 }) }),
      replyToId: t.exposeID('replyToId', { nullable: true }),
      offset: t.exposeInt('offset', {
        description: "The entry of the room's message topic that created it.",
      }),
      sentAt: t.expose('sentAt', { type: 'DateTime' }),
      editedAt: t.expose('editedAt', { type: 'DateTime', nullable: true }),
      deletedAt: t.expose('deletedAt', { type: 'DateTime', nullable: true }),
      deliveredCount: t.int({
        nullable: true,
        description:
          "The number of other members to whom it was delivered / who have read it. Null above the server's receipt limit.",
        ...costs({ weight: RECEIPTS }),
        resolve: async (message, _args, context) =>
          (await receiptCounts(message, context))?.deliveredCount ?? null,
      }),
      readCount: t.int({
        nullable: true,
        ...costs({ weight: RECEIPTS }),
        resolve: async (message, _args, context) =>
          (await receiptCounts(message, context))?.readCount ?? null,
      }),
    }),
  })
}

function addMessagesOfRoom(builder: Builder): void {
  const MessageConnection = connectionType(builder, 'Message', Message)

  builder.objectFields(Room, (t) => ({
    messages: t.field({
      type: MessageConnection,
      description: 'Newest last.',
      args: { last: t.arg.int(), before: t.arg.string(), first: t.arg.int(), after: t.arg.string() },
      ...costs({ weight: SHARE }),
      resolve: messagesOfRoom,
    }),
    messagesCursor: t.field({
      type: 'Cursor',
      description: 'Pass to `messages(after:)`.',
      ...costs({ weight: SHARE }),
      resolve: messagesCursor,
    }),
  }))
}
