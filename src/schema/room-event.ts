import {
  type MemberEvent,
  type MuteEvent,
  mutedUntilOf,
  type RoleEvent,
  type RoomEvent as RoomEventShape,
} from '../features/rooms/source.ts'
import { roomStatePlan } from '../features/rooms/subscriptions.ts'
import type { RoomView } from '../features/rooms/view.ts'
import type { Builder, TypeOf } from './builder.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { servedBy } from './field.ts'
import { User } from './person.ts'
import { MemberRole, Room } from './room.ts'

function roomEvent(builder: Builder, name: string): TypeOf<RoomEventShape> {
  return builder.objectRef<RoomEventShape>(name).implement({
    interfaces: [Event],
    fields: (t) => ({ room: t.expose('room', { type: Room }) }),
  })
}

function memberEvent(builder: Builder, name: string): TypeOf<MemberEvent> {
  return builder.objectRef<MemberEvent>(name).implement({
    interfaces: [Event],
    fields: (t) => ({
      user: t.expose('user', { type: User }),
      memberCount: t.exposeInt('memberCount'),
    }),
  })
}

/** The subscription to a room, and its entries. */
export function addRoomEvents(builder: Builder): void {
  const RoomSnapshot = builder
    .objectRef<PresentedSnapshot & { readonly room: RoomView }>('RoomSnapshot')
    .implement({
      interfaces: [Event],
      description:
        'The state at `cursor`; everything after follows. The first entry without `after`; `reset` is true when the\n' +
        'history after the given cursor is gone and the client must replace what it holds.',
      fields: (t) => ({
        reset: t.exposeBoolean('reset', { description: RESET }),
        room: t.expose('room', { type: Room }),
      }),
    })

  const MemberRemoved = memberEvent(builder, 'MemberRemoved')

  builder.objectField(MemberRemoved, 'reason', (t) => t.exposeString('reason', { nullable: true }))

  const MemberJoined = memberEvent(builder, 'MemberJoined')

  builder.objectFields(MemberJoined, (t) => ({
    role: t.field({ type: MemberRole, resolve: ({ role = 'MEMBER' }) => role }),
    mutedUntil: t.field({ type: 'DateTime', nullable: true, resolve: ({ mutedUntil = null }) => mutedUntil }),
  }))

  const MemberMuted = builder.objectRef<MuteEvent>('MemberMuted').implement({
    interfaces: [Event],
    fields: (t) => ({
      user: t.expose('user', { type: User }),
      until: t.expose('until', { type: 'DateTime', nullable: true }),
      mutedUntil: t.field({
        type: 'DateTime',
        nullable: true,
        resolve: mutedUntilOf,
      }),
    }),
  })

  const MemberRoleChanged = builder.objectRef<RoleEvent>('MemberRoleChanged').implement({
    interfaces: [Event],
    description: 'The role of a member changed.',
    fields: (t) => ({
      user: t.expose('user', { type: User, description: 'The member.' }),
      role: t.expose('role', { type: MemberRole, description: 'The new role.' }),
    }),
  })

  const RoomEvent = builder.unionType('RoomEvent', {
    types: [
      RoomSnapshot,
      roomEvent(builder, 'RoomStarted'),
      roomEvent(builder, 'RoomPaused'),
      roomEvent(builder, 'RoomResumed'),
      roomEvent(builder, 'RoomEnded'),
      roomEvent(builder, 'RoomUpdated'),
      MemberJoined,
      memberEvent(builder, 'MemberLeft'),
      MemberRemoved,
      MemberMuted,
      MemberRoleChanged,
    ],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionField('roomState', (t) =>
    t.field({
      type: RoomEvent,
      args: { roomId: t.arg.id({ required: true }), after: t.arg({ type: 'Cursor' }) },
      ...servedBy(roomStatePlan),
    }),
  )
}
