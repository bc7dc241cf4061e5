import type { Message as MessageShape } from '../features/messages/rules/message.ts'
import { receiptCounts } from '../resolvers/receipts.ts'
import { builder } from './builder.ts'
import { connectionType } from './connection.ts'
import { costs } from './field.ts'
import { Node } from './node.ts'
import { User } from './person.ts'

/** One look at the marks of at most 100 members per room; counted in memory per message. */
const RECEIPTS = 1

export const Message = builder.objectRef<MessageShape>('Message').implement({
  interfaces: [Node],
  fields: (t) => ({
    roomId: t.exposeID('roomId'),
    author: t.expose('author', { type: User }),
    body: t.exposeString('body', {
      nullable: true,
      description: 'Null once deleted, also in earlier entries that are replayed.',
    }),
    mentions: t.expose('mentions', { type: [User], ...costs({ size: 1 }) }),
    replyToId: t.exposeID('replyToId', { nullable: true }),
    offset: t.exposeInt('offset', { description: "The entry of the room's message topic that created it." }),
    sentAt: t.expose('sentAt', { type: 'DateTime' }),
    editedAt: t.expose('editedAt', { type: 'DateTime', nullable: true }),
    deletedAt: t.expose('deletedAt', { type: 'DateTime', nullable: true }),
    deliveredCount: t.int({
      nullable: true,
      description:
        "How many other members have had it delivered / have read it. Null above the server's receipt limit.",
      ...costs({ weight: RECEIPTS }),
      resolve: async (message, _args, context) =>
        (await receiptCounts(message, context))?.deliveredCount ?? null,
    }),
    readCount: t.int({
      nullable: true,
      ...costs({ weight: RECEIPTS }),
      resolve: async (message, _args, context) => (await receiptCounts(message, context))?.readCount ?? null,
    }),
  }),
})

export const MessageConnection = connectionType('Message', Message)
