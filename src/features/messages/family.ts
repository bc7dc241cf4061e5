import { defineFamily } from '../../engine/commands/family.ts'
import { createMessagesAggregate } from './aggregate.ts'
import { messageHooks } from './hooks.ts'
import { createReceiptsAggregate } from './receipts.aggregate.ts'
import { messagesTopic } from './topics.ts'

/**
 * Commands on the messages of one room. `send` needs no idempotency key: its clientMessageId serves as one. `state`
 * is the message.
 */
export const messageFamily = defineFamily({
  name: 'messages',
  prefix: 'messages',
  topicOf: messagesTopic,
  aggregate: (hooks) => createMessagesAggregate(hooks.of(messageHooks)),
})

/** Moves a member's read marks in the messages of one room. `state` is the member. */
export const receiptFamily = defineFamily({
  name: 'receipts',
  prefix: 'messages',
  topicOf: messagesTopic,
  aggregate: (hooks) => createReceiptsAggregate(hooks.of(messageHooks)),
})
