import type { Feature } from '../../engine/feature.ts'
import { asRoomId } from '../../engine/kernel/id.ts'
import { idOf, messagesTopic } from '../../engine/kernel/topic.ts'
import { roomHooks } from '../rooms/hooks.ts'
import { messageFamily, receiptFamily } from './family.ts'
import { markJoined } from './joining.ts'

export const messages: Feature = {
  name: 'messages',
  requires: ['users', 'rooms'],
  families: [messageFamily, receiptFamily],
  hooks: () => [roomHooks.implement({ topicsOf: ({ id }) => [messagesTopic(id)], onJoin: markJoined })],
  start: ({ presence }) => ({
    onCommit(entries) {
      for (const { topic, type } of entries) {
        if (type === 'RoomEnded') presence.endTyping(asRoomId(idOf(topic)))
      }
    },
  }),
}
