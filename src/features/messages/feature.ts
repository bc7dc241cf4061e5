import { idOf } from '../../engine/kernel/topic.ts'
import { messageNode } from '../../resolvers/messages.ts'
import type { SchemaFeature } from '../../schema/contribution.ts'
import { addMessageTypes } from '../../schema/message.ts'
import { addMessageEvents } from '../../schema/message-event.ts'
import { addMessageMutations } from '../../schema/message-mutation.ts'
import { addReceipts } from '../../schema/receipt.ts'
import { roomHooks } from '../rooms/hooks.ts'
import { asRoomId } from '../rooms/ids.ts'
import { messageFamily, receiptFamily } from './family.ts'
import { messageHooks } from './hooks.ts'
import { markJoined } from './joining.ts'
import { MESSAGE_REJECTIONS } from './rules/rejections.ts'
import { messagesTopic } from './topics.ts'

export const messages: SchemaFeature = {
  name: 'messages',
  requires: ['users', 'rooms'],
  families: [messageFamily, receiptFamily],
  schema: {
    parts: [addMessageTypes, addMessageEvents, addMessageMutations, addReceipts],
    nodes: [messageNode],
    rejections: MESSAGE_REJECTIONS,
  },
  hooks: (hooks) => [
    roomHooks.implement({
      topicsOf: ({ id }) => [messagesTopic(id)],
      onJoin: (tx, roomId, userIds, now) => markJoined(tx, roomId, userIds, now, hooks.of(messageHooks)),
    }),
  ],
  start: ({ presence }) => ({
    onCommit(entries) {
      for (const { topic, type } of entries) {
        if (type === 'RoomEnded') presence.endTyping(asRoomId(idOf(topic)))
      }
    },
  }),
}
