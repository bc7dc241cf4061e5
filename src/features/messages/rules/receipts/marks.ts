import type { UserId } from '../../../../engine/kernel/id.ts'
import type { Person } from '../../../../engine/kernel/person.ts'
import type { Offset } from '../../../../engine/kernel/position.ts'
import type { Room } from '../../../rooms/rules/room.ts'

/**
 * How far a member has received and read a room's messages: up to and including these offsets of their topic. Neither
 * mark moves back, and `readThrough` is never ahead of `deliveredThrough`.
 */
export interface Marks {
  readonly deliveredThrough: Offset
  readonly readThrough: Offset
}

/** One member's marks. */
export interface MemberMarks extends Marks {
  readonly userId: UserId
}

/** Number of members, other than the author, to whom a message was delivered, and who have read it. */
export interface ReceiptCounts {
  readonly deliveredCount: number
  readonly readCount: number
}

/**
 * Receipts are not shown above this number of members: each message would cause one entry per member, each sent to
 * all.
 */
export const RECEIPT_LIMIT = 200

export function showsReceipts({ memberCount }: Pick<Room, 'memberCount'>): boolean {
  return memberCount <= RECEIPT_LIMIT
}

/**
 * `members`: all of the room's. Members who joined after the message count as having it: their marks start at the
 * head.
 */
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
