import {
  changePhase,
  createRoom,
  openDirectRoom,
  type RoomPayload as RoomPayloadShape,
  updateRoom,
} from '../resolvers/room-mutations.ts'
import type { Builder } from './builder.ts'
import { asCaller, asCallerOf } from './field.ts'
import { Rejected } from './result.ts'
import { Room, RoomKind, RoomVisibility } from './room.ts'
import { SharedInput } from './shared-types.ts'

/** The input of createRoom. Other features add fields to it. */
export const CreateRoomInput = new SharedInput('CreateRoomInput')

/** Commands on rooms. */
export function addRoomMutations(builder: Builder): void {
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

  const Create = createInput(builder)
  const Update = updateInput(builder)

  builder.mutationFields((t) => ({
    createRoom: t.field({
      type: RoomResult,
      args: { input: t.arg({ type: Create, required: true }) },
      resolve: asCallerOf(createRoom),
    }),
    updateRoom: t.field({
      type: RoomResult,
      args: { input: t.arg({ type: Update, required: true }) },
      resolve: asCallerOf(updateRoom),
    }),
    startRoom: t.field({
      type: RoomResult,
      description:
        'Opens a SCHEDULED room and its auctions that are due. Returns once queries show them open.',
      args: { roomId: t.arg.id({ required: true }) },
      resolve: asCaller(changePhase('start')),
    }),
    pauseRoom: t.field({
      type: RoomResult,
      description:
        'Pauses a LIVE room and the clocks of its LIVE auctions. Returns once queries show them paused.',
      args: { roomId: t.arg.id({ required: true }) },
      resolve: asCaller(changePhase('pause')),
    }),
    resumeRoom: t.field({
      type: RoomResult,
      description:
        'Resumes a PAUSED room and the auctions that its pause paused: their ends move by the length of the pause. Auctions paused by hand stay paused. Returns once queries show them resumed.',
      args: { roomId: t.arg.id({ required: true }) },
      resolve: asCaller(changePhase('resume')),
    }),
    endRoom: t.field({
      type: RoomResult,
      description:
        'Ends a room for good: LIVE and PAUSED auctions close as by the hammer, SCHEDULED ones are cancelled. Built-in rooms never end. Answers when queries show them so.',
      args: { roomId: t.arg.id({ required: true }) },
      resolve: asCaller(changePhase('end')),
    }),
    openDirectRoom: t.field({
      type: RoomResult,
      description:
        'The direct room of the caller and another user: one per pair, however often it is opened.',
      args: { userId: t.arg.id({ required: true }) },
      resolve: asCaller(openDirectRoom),
    }),
  }))
}

function createInput(builder: Builder) {
  const own = builder.inputType('CreateRoomInput', {
    fields: (t) => ({
      name: t.string({ required: true }),
      kind: t.field({ type: RoomKind, required: true }),
      visibility: t.field({ type: RoomVisibility, required: true }),
      startsAt: t.field({ type: 'DateTime' }),
      endsAt: t.field({ type: 'DateTime' }),
      idempotencyKey: t.string(),
    }),
  })
  CreateRoomInput.in(builder, own)
  return own
}

function updateInput(builder: Builder) {
  return builder.inputType('UpdateRoomInput', {
    fields: (t) => ({
      roomId: t.id({ required: true }),
      name: t.string(),
      visibility: t.field({ type: RoomVisibility }),
      startsAt: t.field({ type: 'DateTime' }),
      endsAt: t.field({ type: 'DateTime' }),
    }),
  })
}
