import {
  addMember,
  changeOwnMembership,
  type MembershipPayload as MembershipPayloadShape,
  type MembershipResult as MembershipResultShape,
  muteMember,
  removeMember,
} from '../resolvers/room-mutations.ts'
import type { Builder } from './builder.ts'
import { asCaller } from './field.ts'
import { Rejected } from './result.ts'
import { MemberRole, Room, RoomMember } from './room.ts'
import { SharedArguments, SharedUnion } from './shared-types.ts'

export const MembershipResult = new SharedUnion<MembershipResultShape>('MembershipResult')

/** Arguments that other features add to removeMember. */
export const RemoveMemberArguments = new SharedArguments()

/** Commands on the members of a room. */
export function addMembershipMutations(builder: Builder): void {
  const MembershipPayload = builder.objectRef<MembershipPayloadShape>('MembershipPayload').implement({
    fields: (t) => ({
      room: t.expose('room', { type: Room }),
      membership: t.expose('membership', { type: RoomMember, nullable: true }),
      cursor: t.expose('cursor', {
        type: 'Cursor',
        description: 'Pass to `roomState(after:)`; after advanceReceipt, pass to `messages(after:)`.',
      }),
    }),
  })

  MembershipResult.in(builder, {
    types: [MembershipPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : MembershipPayload),
  })

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
      description: 'The only way into a MEMBERS room.',
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
        "A removed user cannot join or bid in the room's auctions until added again: bids are Rejected with REMOVED. Users who left or never joined are removed in the same way.",
      args: {
        roomId: t.arg.id({ required: true }),
        userId: t.arg.id({ required: true }),
        reason: t.arg.string(),
        ...RemoveMemberArguments.addedIn(builder),
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
  }))
}
