import { advanceReceipt } from '../resolvers/receipts.ts'
import {
  addMember,
  changeOwnMembership,
  changePhase,
  createRoom,
  type MembershipPayload as MembershipPayloadShape,
  muteMember,
  openDirectRoom,
  type RoomPayload as RoomPayloadShape,
  removeMember,
  updateRoom,
} from '../resolvers/room-mutations.ts'
import { builder } from './builder.ts'
import { asCaller, asCallerOf } from './field.ts'
import { RankingMethod } from './leaderboard.ts'
import { Rejected } from './result.ts'
import { MemberRole, Room, RoomKind, RoomMember, RoomVisibility, TradeDisclosure } from './room.ts'

const RoomPayload = builder.objectRef<RoomPayloadShape>('RoomPayload').implement({
  fields: (t) => ({
    room: t.expose('room', { type: Room }),
    cursor: t.expose('cursor', { type: 'Cursor' }),
  }),
})

const RoomResult = builder.unionType('RoomResult', {
  types: [RoomPayload, Rejected],
  resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : RoomPayload),
})

const MembershipPayload = builder.objectRef<MembershipPayloadShape>('MembershipPayload').implement({
  fields: (t) => ({
    room: t.expose('room', { type: Room }),
    membership: t.expose('membership', { type: RoomMember, nullable: true }),
    cursor: t.expose('cursor', {
      type: 'Cursor',
      description: 'Pass to `roomState(after:)`; that of advanceReceipt to `messages(after:)`.',
    }),
  }),
})

const MembershipResult = builder.unionType('MembershipResult', {
  types: [MembershipPayload, Rejected],
  resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : MembershipPayload),
})

const CreateRoomInput = builder.inputType('CreateRoomInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    kind: t.field({ type: RoomKind, required: true }),
    visibility: t.field({ type: RoomVisibility, required: true }),
    startsAt: t.field({ type: 'DateTime' }),
    endsAt: t.field({ type: 'DateTime' }),
    ranking: t.field({ type: RankingMethod }),
    disclosure: t.field({ type: TradeDisclosure }),
    currency: t.string({ description: 'Of the amounts in a TRADE room. INVALID_INPUT for other kinds.' }),
    currencyExponent: t.int({
      description:
        'How many decimal digits the minor unit has, 0 to 8: for codes outside ISO 4217, 0 unless given. For a code of ISO 4217 any value but its own is INVALID_INPUT.',
    }),
    idempotencyKey: t.string(),
  }),
})

const UpdateRoomInput = builder.inputType('UpdateRoomInput', {
  fields: (t) => ({
    roomId: t.id({ required: true }),
    name: t.string(),
    visibility: t.field({ type: RoomVisibility }),
    startsAt: t.field({ type: 'DateTime' }),
    endsAt: t.field({ type: 'DateTime' }),
  }),
})

builder.mutationFields((t) => ({
  createRoom: t.field({
    type: RoomResult,
    args: { input: t.arg({ type: CreateRoomInput, required: true }) },
    resolve: asCallerOf(createRoom),
  }),
  updateRoom: t.field({
    type: RoomResult,
    args: { input: t.arg({ type: UpdateRoomInput, required: true }) },
    resolve: asCallerOf(updateRoom),
  }),
  startRoom: t.field({
    type: RoomResult,
    description: 'Opens a SCHEDULED room and its auctions that are due. Answers when queries show them so.',
    args: { roomId: t.arg.id({ required: true }) },
    resolve: asCaller(changePhase('start')),
  }),
  pauseRoom: t.field({
    type: RoomResult,
    description:
      'Pauses a LIVE room and the clocks of its LIVE auctions. Answers when queries show them paused.',
    args: { roomId: t.arg.id({ required: true }) },
    resolve: asCaller(changePhase('pause')),
  }),
  resumeRoom: t.field({
    type: RoomResult,
    description:
      'Resumes a PAUSED room and the auctions that its pause paused: their ends move by the pause. Auctions paused by hand stay so. Answers when queries show them resumed.',
    args: { roomId: t.arg.id({ required: true }) },
    resolve: asCaller(changePhase('resume')),
  }),
  endRoom: t.field({
    type: RoomResult,
    description:
      'Ends a room for good: LIVE and PAUSED auctions close as by the hammer, SCHEDULED ones are cancelled. Answers when queries show them so.',
    args: { roomId: t.arg.id({ required: true }) },
    resolve: asCaller(changePhase('end')),
  }),
}))

builder.mutationFields((t) => ({
  joinRoom: t.field({
    type: MembershipResult,
    args: { roomId: t.arg.id({ required: true }) },
    resolve: asCaller(changeOwnMembership('join')),
  }),
  leaveRoom: t.field({
    type: MembershipResult,
    args: { roomId: t.arg.id({ required: true }) },
    resolve: asCaller(changeOwnMembership('leave')),
  }),
  addMember: t.field({
    type: MembershipResult,
    description: 'The way into a MEMBERS room.',
    args: {
      roomId: t.arg.id({ required: true }),
      userId: t.arg.id({ required: true }),
      role: t.arg({ type: MemberRole }),
    },
    resolve: asCaller(addMember),
  }),
  removeMember: t.field({
    type: MembershipResult,
    description:
      "A removed member cannot join or bid in the room's auctions until added again: bids are Rejected with REMOVED.",
    args: {
      roomId: t.arg.id({ required: true }),
      userId: t.arg.id({ required: true }),
      reason: t.arg.string(),
      voidBids: t.arg.boolean({
        defaultValue: false,
        description:
          "Void the member's standing bids in the room's open auctions as well, each as voidBid would, with `reason`.",
      }),
    },
    resolve: asCaller(removeMember),
  }),
  muteMember: t.field({
    type: MembershipResult,
    args: {
      roomId: t.arg.id({ required: true }),
      userId: t.arg.id({ required: true }),
      until: t.arg({ type: 'DateTime' }),
    },
    resolve: asCaller(muteMember),
  }),
  openDirectRoom: t.field({
    type: RoomResult,
    description: 'The room of the caller and another user: one for each two, however often it is opened.',
    args: { userId: t.arg.id({ required: true }) },
    resolve: asCaller(openDirectRoom),
  }),
  advanceReceipt: t.field({
    type: MembershipResult,
    description: 'Moves forward only; an older offset changes nothing.',
    args: {
      roomId: t.arg.id({ required: true }),
      deliveredThrough: t.arg.int(),
      readThrough: t.arg.int(),
    },
    resolve: asCaller(advanceReceipt),
  }),
}))
