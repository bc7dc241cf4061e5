import {
  MEMBER_ROLES,
  ROOM_KINDS,
  ROOM_PHASES,
  ROOM_VISIBILITIES,
  TRADE_DISCLOSURES,
} from '../features/rooms/rules/room.ts'
import type { MemberView, RoomView } from '../features/rooms/view.ts'
import { LOOKUP, PAID, SHARE, STATEMENT } from '../platform/limits/field-cost.ts'
import { auctionsOfRoom } from '../resolvers/auctions.ts'
import { messagesCursor, messagesOfRoom } from '../resolvers/messages.ts'
import { deliveredCursor, unreadCount } from '../resolvers/receipts.ts'
import {
  countMembers,
  type MemberConnection,
  membershipInRoom,
  membersOfRoom,
  room,
  roomCursor,
  rooms,
} from '../resolvers/rooms.ts'
import { AuctionConnection, AuctionPhase } from './auction.ts'
import { builder } from './builder.ts'
import { connectionType } from './connection.ts'
import { asCaller, costs, readsViewer } from './field.ts'
import { MessageConnection } from './message.ts'
import { Node } from './node.ts'
import { User } from './person.ts'

export const RoomKind = builder.enumType('RoomKind', {
  values: ROOM_KINDS,
})

export const RoomVisibility = builder.enumType('RoomVisibility', {
  description: 'Who may see a room: anyone, anyone signed in, its members, or administrators.',
  values: ROOM_VISIBILITIES,
})

const RoomPhase = builder.enumType('RoomPhase', { values: ROOM_PHASES })

export const MemberRole = builder.enumType('MemberRole', { values: MEMBER_ROLES })

export const TradeDisclosure = builder.enumType('TradeDisclosure', {
  description:
    "Whether members of a trade room see each other's orders and positions, or only their own. Moderators see all.",
  values: TRADE_DISCLOSURES,
})

export const RoomMember = builder.objectRef<MemberView>('RoomMember').implement({
  fields: (t) => ({
    user: t.expose('user', { type: User }),
    role: t.expose('role', { type: MemberRole }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime' }),
    mutedUntil: t.expose('mutedUntil', { type: 'DateTime', nullable: true }),
    deliveredThrough: t.int({
      description: 'Up to and including this message offset.',
      ...costs({ weight: PAID }),
      resolve: async ({ marks }) => (await marks()).deliveredThrough,
    }),
    readThrough: t.int({
      ...costs({ weight: PAID }),
      resolve: async ({ marks }) => (await marks()).readThrough,
    }),
    unreadCount: t.int({
      description: 'Messages after readThrough that the member did not write.',
      ...costs({ weight: SHARE }),
      resolve: (member, _args, context) => unreadCount(member, context),
    }),
    deliveredCursor: t.field({
      type: 'Cursor',
      description: 'Pass to `messages(after:)`: everything after deliveredThrough follows.',
      ...costs({ weight: PAID }),
      resolve: deliveredCursor,
    }),
  }),
})

const RoomMemberConnection = connectionType<MemberView, MemberConnection>('RoomMember', RoomMember)

builder.objectField(RoomMemberConnection, 'totalCount', (t) =>
  t.int({
    ...costs({ weight: SHARE }),
    resolve: (members, _args, context) => countMembers(members, context),
  }),
)

export const Room = builder.objectRef<RoomView>('Room').implement({
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
    disclosure: t.expose('disclosure', { type: TradeDisclosure }),
    currency: t.string({
      nullable: true,
      description: 'Of the amounts in a TRADE room; null where it has none.',
      resolve: ({ currency }) => currency ?? null,
    }),
    currencyExponent: t.int({
      nullable: true,
      description: 'How many decimal digits the minor unit of `currency` has; null without a currency.',
      resolve: ({ currencyExponent }) => currencyExponent ?? null,
    }),
  }),
})

builder.objectFields(Room, (t) => ({
  members: t.field({
    type: RoomMemberConnection,
    args: { first: t.arg.int(), after: t.arg.string() },
    ...costs({ weight: SHARE }),
    resolve: membersOfRoom,
  }),
  messages: t.field({
    type: MessageConnection,
    description: 'Newest last.',
    args: { last: t.arg.int(), before: t.arg.string(), first: t.arg.int(), after: t.arg.string() },
    ...costs({ weight: SHARE }),
    resolve: messagesOfRoom,
  }),
  auctions: t.field({
    type: AuctionConnection,
    args: { first: t.arg.int(), after: t.arg.string(), phase: t.arg({ type: AuctionPhase }) },
    ...costs({ weight: SHARE }),
    resolve: auctionsOfRoom,
  }),
  cursor: t.field({
    type: 'Cursor',
    description: 'Pass to `roomState(after:)`.',
    ...costs({ weight: SHARE }),
    resolve: roomCursor,
  }),
  messagesCursor: t.field({
    type: 'Cursor',
    description: 'Pass to `messages(after:)`.',
    ...costs({ weight: SHARE }),
    resolve: messagesCursor,
  }),
  membership: t.field({
    type: RoomMember,
    nullable: true,
    description: "The viewer's own membership, or null.",
    ...readsViewer({ weight: SHARE }, membershipInRoom),
  }),
}))

export const RoomConnection = connectionType('Room', Room)

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
