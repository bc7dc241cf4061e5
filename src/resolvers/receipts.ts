import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { messageReads } from '../features/messages/batched-reads.ts'
import { receiptFamily } from '../features/messages/family.ts'
import type { Message } from '../features/messages/rules/message.ts'
import { countReceipts, type ReceiptCounts } from '../features/messages/rules/receipts/marks.ts'
import { messagesTopic } from '../features/messages/topics.ts'
import { roomReads } from '../features/rooms/batched-reads.ts'
import { asRoomId } from '../features/rooms/ids.ts'
import { type MemberView, roomOfEntry } from '../features/rooms/view.ts'
import { type CallContext, type SharedContext, signalIn } from './context.ts'
import { refusalOf } from './result.ts'
import type { MembershipResult } from './room-mutations.ts'
import { actorIn } from './signed-in.ts'

export interface AdvanceReceiptArgs {
  readonly roomId: string
  readonly deliveredThrough?: number | null | undefined
  readonly readThrough?: number | null | undefined
}

/** Returns the cursor of the room's messages: that of the entry, if the command produced one. */
export async function advanceReceipt(
  args: AdvanceReceiptArgs,
  context: CallContext,
): Promise<MembershipResult> {
  const { dispatch, get } = context.services
  const roomId = asRoomId(args.roomId)
  const outcome = await dispatch(receiptFamily, roomId, actorIn(context), {
    kind: 'advance',
    deliveredThrough: args.deliveredThrough ?? null,
    readThrough: args.readThrough ?? null,
  })
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const { position, state } = outcome
  if (state === undefined) throw new RangeError('a receipt has no key that it could be repeated with')
  const marks = { ...state.marks, epoch: position.epoch }
  return {
    kind: 'accepted',
    room: roomOfEntry(get(roomReads), state.room),
    membership: { ...state.membership, roomId, marks: async () => marks },
    cursor: encodeCursor(messagesTopic(roomId), position),
  }
}

/** The current value; null if the room shows no receipts. */
export async function receiptCounts(message: Message, context: SharedContext): Promise<ReceiptCounts | null> {
  const members = await context.services.get(messageReads).receipts(message.roomId, signalIn(context))
  return members === undefined ? null : countReceipts(members, message)
}

export async function unreadCount(
  { roomId, user, marks }: MemberView,
  context: SharedContext,
): Promise<number> {
  const { readThrough } = await marks()
  return context.services
    .get(messageReads)
    .unreadCount({ roomId, userId: user.id, readThrough }, signalIn(context))
}

export async function deliveredCursor({ roomId, marks }: MemberView): Promise<Cursor> {
  const { epoch, deliveredThrough } = await marks()
  return encodeCursor(messagesTopic(roomId), { epoch, offset: deliveredThrough })
}
