import { defineFamily } from '../../engine/commands/family.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { createRoomAggregate } from './aggregate.ts'
import { roomHooks } from './hooks.ts'
import { asRoomId } from './ids.ts'
import { roomTopic } from './topics.ts'

/** Commands on one room. `state` holds the room and the memberships of actor and target. */
export const roomFamily = defineFamily({
  name: 'rooms',
  prefix: 'room',
  topicOf: roomTopic,
  aggregate: (hooks) => createRoomAggregate(hooks.of(roomHooks)),
  onDue: { idOf: (topic) => asRoomId(idOf(topic)), command: { kind: 'applyDue' } },
})
