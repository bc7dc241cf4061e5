import {
  deleteMessage,
  editMessage,
  type MessagePayload as MessagePayloadShape,
  sendMessage,
} from '../resolvers/message-mutations.ts'
import type { Builder } from './builder.ts'
import { asCaller, asCallerOf } from './field.ts'
import { Message } from './message.ts'
import { Rejected } from './result.ts'

/** Commands on messages. */
export function addMessageMutations(builder: Builder): void {
  const MessagePayload = builder.objectRef<MessagePayloadShape>('MessagePayload').implement({
    fields: (t) => ({
      message: t.expose('message', { type: Message }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  const MessageResult = builder.unionType('MessageResult', {
    types: [MessagePayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : MessagePayload),
  })

  const SendMessageInput = builder.inputType('SendMessageInput', {
    description:
      '`clientMessageId` makes retries safe: the same id with the same body returns the same message.',
    fields: (t) => ({
      roomId: t.id({ required: true }),
      body: t.string({ required: true }),
      clientMessageId: t.string({ required: true }),
      mentions: t.idList(),
      replyToId: t.id(),
    }),
  })

  builder.mutationFields((t) => ({
    sendMessage: t.field({
      type: MessageResult,
      args: { input: t.arg({ type: SendMessageInput, required: true }) },
      resolve: asCallerOf(sendMessage),
    }),
    editMessage: t.field({
      type: MessageResult,
      description:
        'For its author. `mentions` replaces the previous mentions: added users get a notification, removed users lose\n' +
        'theirs if it is unread. Omit it to leave the mentions as they are.',
      args: {
        messageId: t.arg.id({ required: true }),
        body: t.arg.string({ required: true }),
        mentions: t.arg.idList({ description: 'At most 50 users; unknown ones are dropped.' }),
      },
      resolve: asCaller(editMessage),
    }),
    deleteMessage: t.field({
      type: MessageResult,
      description:
        'For its author and moderators of the room. Erases the body and the mentions from all versions of the message:\n' +
        'replayed entries keep their offsets and have `body: null`. Its unread notifications are withdrawn.',
      args: { messageId: t.arg.id({ required: true }) },
      resolve: asCaller(deleteMessage),
    }),
  }))
}
