import { PAID, SHARE } from '../platform/limits/field-cost.ts'
import { advanceReceipt, deliveredCursor, unreadCount } from '../resolvers/receipts.ts'
import type { Builder } from './builder.ts'
import { asCaller, costs } from './field.ts'
import { MembershipResult } from './membership-mutation.ts'
import { RoomMember } from './room.ts'

/** Receipts: how far messages were delivered to, and read by, members. */
export function addReceipts(builder: Builder): void {
  builder.objectFields(RoomMember, (t) => ({
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
      description: 'Pass to `messages(after:)` to receive everything after deliveredThrough.',
      ...costs({ weight: PAID }),
      resolve: deliveredCursor,
    }),
  }))

  builder.mutationFields((t) => ({
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
}
