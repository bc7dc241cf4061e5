import type { Message as MessageShape } from '../features/messages/rules/message.ts'
import type {
  MessageEvent as MessageEventShape,
  ReceiptEvent as ReceiptEventShape,
} from '../features/messages/source.ts'
import { messagesPlan } from '../features/messages/subscriptions.ts'
import type { Builder, TypeOf } from './builder.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { costs, servedBy } from './field.ts'
import { Message } from './message.ts'
import { User } from './person.ts'

function messageEvent(builder: Builder, name: string): TypeOf<MessageEventShape> {
  return builder.objectRef<MessageEventShape>(name).implement({
    interfaces: [Event],
    fields: (t) => ({ message: t.expose('message', { type: Message }) }),
  })
}

/** The subscription to the messages of a room, and its entries. */
export function addMessageEvents(builder: Builder): void {
  const MessagesSnapshot = builder
    .objectRef<PresentedSnapshot & { readonly messages: readonly MessageShape[] }>('MessagesSnapshot')
    .implement({
      interfaces: [Event],
      description: 'The last messages as of `cursor`, newest last; everything after follows.',
      fields: (t) => ({
        reset: t.exposeBoolean('reset', { description: RESET }),
        messages: t.expose('messages', { type: [Message], ...costs({ size: 20 }) }),
      }),
    })

  const ReceiptAdvanced = builder.objectRef<ReceiptEventShape>('ReceiptAdvanced').implement({
    interfaces: [Event],
    description: "A member's receipt advanced. Not sent above the server's receipt limit.",
    fields: (t) => ({
      user: t.expose('user', { type: User }),
      deliveredThrough: t.exposeInt('deliveredThrough'),
      readThrough: t.exposeInt('readThrough'),
    }),
  })

  const MessageEvent = builder.unionType('MessageEvent', {
    types: [
      MessagesSnapshot,
      messageEvent(builder, 'MessageSent'),
      messageEvent(builder, 'MessageEdited'),
      messageEvent(builder, 'MessageDeleted'),
      ReceiptAdvanced,
    ],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionField('messages', (t) =>
    t.field({
      type: MessageEvent,
      args: { roomId: t.arg.id({ required: true }), after: t.arg({ type: 'Cursor' }) },
      ...servedBy(messagesPlan),
    }),
  )
}
