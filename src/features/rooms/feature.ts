import { roomNode } from '../../resolvers/rooms.ts'
import type { SchemaFeature } from '../../schema/contribution.ts'
import { addMembershipMutations } from '../../schema/membership-mutation.ts'
import { addPresence } from '../../schema/presence.ts'
import { addRoomTypes } from '../../schema/room.ts'
import { addRoomEvents } from '../../schema/room-event.ts'
import { addRoomMutations } from '../../schema/room-mutation.ts'
import { roomFamily } from './family.ts'
import { ROOM_REJECTIONS } from './rules/rejections.ts'
import { roomSeed } from './seed.ts'

export const rooms: SchemaFeature = {
  name: 'rooms',
  requires: ['users'],
  families: [roomFamily],
  schema: {
    parts: [addRoomTypes, addRoomEvents, addRoomMutations, addMembershipMutations, addPresence],
    nodes: [roomNode],
    rejections: ROOM_REJECTIONS,
  },
  seed: roomSeed,
}
