import {
  MEMBER_ROLES,
  type MemberRole as MemberRoleShape,
  PLAIN_ROOM_KINDS,
  ROOM_PHASES,
  ROOM_VISIBILITIES,
  type RoomKind as RoomKindShape,
  type RoomPhase as RoomPhaseShape,
  type RoomVisibility as RoomVisibilityShape,
} from '../features/rooms/rules/room.ts'
import type { MemberView, RoomView } from '../features/rooms/view.ts'
import { LOOKUP, SHARE, STATEMENT } from '../platform/limits/field-cost.ts'
import {
  countMembers,
  type MemberConnection,
  membershipInRoom,
  membersOfRoom,
  room,
  roomCursor,
  rooms,
  roomsOfViewer,
} from '../resolvers/rooms.ts'
import type { Builder } from './builder.ts'
import { connectionType } from './connection.ts'
import { asCaller, costs, readsViewer } from './field.ts'
import { Node } from './node.ts'
import { User } from './person.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'
import { Viewer } from './viewer.ts'

export const RoomKind = new SharedEnum<RoomKindShape>('RoomKind')
export const RoomVisibility = new SharedEnum<RoomVisibilityShape>('RoomVisibility')
const RoomPhase = new SharedEnum<RoomPhaseShape>('RoomPhase')
export const MemberRole = new SharedEnum<MemberRoleShape>('MemberRole')
export const RoomMember = new SharedObject<MemberView>('RoomMember')
export const Room = new SharedObject<RoomView>('Room')

/** Rooms and their members. */
export function addRoomTypes(builder: Builder): void {
  addEnums(builder)
  addMembers(builder)
  addRooms(builder)
  addRoomQueries(builder)
}

function addEnums(builder: Builder): void {
  RoomKind.in(builder, { values: PLAIN_ROOM_KINDS })

  RoomVisibility.in(builder, {
    description: 'Who may see a room: anyone, anyone signed in, its members, or administrators.',
    values: ROOM_VISIBILITIES,
  })

  RoomPhase.in(builder, { values: ROOM_PHASES })

  MemberRole.in(builder, { values: MEMBER_ROLES })
}

function addMembers(builder: Builder): void {
  RoomMember.in(builder).implement({
    fields: (t) => ({
      user: t.expose('user', { type: User }),
      role: t.expose('role', { type: MemberRole }),
      joinedAt: t.expose('joinedAt', { type: 'DateTime' }),
      mutedUntil: t.expose('mutedUntil', { type: 'DateTime', nullable: true }),
    }),
  })

  const RoomMemberConnection = connectionType<MemberView, MemberConnection>(builder, 'RoomMember', RoomMember)

  builder.objectField(RoomMemberConnection, 'totalCount', (t) =>
    t.int({
      ...costs({ weight: SHARE }),
      resolve: (members, _args, context) => countMembers(members, context),
    }),
  )

  builder.objectFields(Room, (t) => ({
    members: t.field({
      type: RoomMemberConnection,
      args: { first: t.arg.int(), after: t.arg.string() },
      ...costs({ weight: SHARE }),
      resolve: membersOfRoom,
    }),
    membership: t.field({
      type: RoomMember,
      nullable: true,
      description: "The viewer's own membership, or null.",
      ...readsViewer({ weight: SHARE }, membershipInRoom),
    }),
  }))
}

function addRooms(builder: Builder): void {
  Room.in(builder).implement({
    interfaces: [Node],
    fields: (t) => ({
      name: t.exposeString('name'),
      kind: t.expose('kind', { type: RoomKind }),
      visibility: t.expose('visibility', { type: RoomVisibility }),
      phase: t.expose('phase', { type: RoomPhase }),
      owner: t.expose('owner', { type: User, nullable: true }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      startsAt: t.expose('startsAt', { type: 'DateTime', nullable: true }),
      endsAt: t.expose('endsAt', { type: 'DateTime', nullable: true }),
      startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
      endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true }),
      memberCount: t.exposeInt('memberCount'),
    }),
  })

  builder.objectField(Room, 'cursor', (t) =>
    t.field({
      type: 'Cursor',
      description: 'Pass to `roomState(after:)`.',
      ...costs({ weight: SHARE }),
      resolve: roomCursor,
    }),
  )
}

function addRoomQueries(builder: Builder): void {
  const RoomConnection = connectionType(builder, 'Room', Room)

  builder.queryFields((t) => ({
    room: t.field({
      type: Room,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      ...costs({ weight: LOOKUP }),
      resolve: asCaller(room),
    }),
    rooms: t.field({
      type: RoomConnection,
      args: {
        first: t.arg.int(),
        after: t.arg.string(),
        kind: t.arg({ type: RoomKind }),
        phase: t.arg({ type: RoomPhase }),
      },
      ...costs({ weight: STATEMENT }),
      resolve: asCaller(rooms),
    }),
  }))

  builder.objectField(Viewer, 'rooms', (t) =>
    t.field({
      type: RoomConnection,
      args: { first: t.arg.int(), after: t.arg.string() },
      description: 'The rooms that the caller is a member of, newest first.',
      ...costs({ weight: STATEMENT }),
      resolve: roomsOfViewer,
    }),
  )
}
