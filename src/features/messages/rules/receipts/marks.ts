import type { UserId } from '../../../../engine/kernel/id.ts'
import type { Person } from '../../../../engine/kernel/person.ts'
import type { Offset } from '../../../../engine/kernel/position.ts'
import type { Room } from '../../../rooms/rules/room.ts'

/**
 * How far a member has got with a room's messages: up to and including these offsets of their topic. Neither ever goes
 * back, and `readThrough` is never ahead of `deliveredThrough`.
 */
export interface Marks {
  readonly deliveredThrough: Offset
  readonly readThrough: Offset
}

/** One member's marks. */
export interface MemberMarks extends Marks {
  readonly userId: UserId
}

/** How many members other than its author have a message delivered, and have read it. */
export interface ReceiptCounts {
  readonly deliveredCount: number
  readonly readCount: number
}

/** Above as many members receipts are not shown: each message would bring an entry a member, each of them for all. */
export const RECEIPT_LIMIT = 200

export function showsReceipts({ memberCount }: Pick<Room, 'memberCount'>): boolean {
  return memberCount <= RECEIPT_LIMIT
}

/** `members`: all of the room. Who came later than the message counts as having had it: marks begin at the head. */
export function countReceipts(
  members: readonly MemberMarks[],
  { author, offset }: { readonly author: Person; readonly offset: Offset },
): ReceiptCounts {
  let deliveredCount = 0
  let readCount = 0
  for (const { userId, deliveredThrough, readThrough } of members) {
    if (userId === author.id) continue
    if (deliveredThrough >= offset) deliveredCount += 1
    if (readThrough >= offset) readCount += 1
  }
  return { deliveredCount, readCount }
}
