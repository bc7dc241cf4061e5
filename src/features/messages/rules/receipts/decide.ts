import type { Actor } from '../../../../engine/kernel/actor.ts'
import { accept, type Decision, forbid } from '../../../../engine/kernel/decision.ts'
import { asOffset, type Offset } from '../../../../engine/kernel/position.ts'
import { canSeeRoom, membershipOf } from '../../../rooms/rules/access.ts'
import type { Room, RoomFacts } from '../../../rooms/rules/room.ts'
import { reject } from '../rejections.ts'
import type { ReceiptCommand, ReceiptReply } from './command.ts'
import type { ReceiptEvent } from './event.ts'
import { type Marks, showsReceipts } from './marks.ts'

type ReceiptDecision = Decision<ReceiptEvent, ReceiptReply>

export interface ReceiptContext {
  readonly actor: Actor
  /** Null if the room does not exist. */
  readonly room: RoomFacts | null
  /** The actor's own marks, if they are a member. */
  readonly marks: Marks | undefined
  /** The last entry of the room's messages. */
  readonly head: Offset
  /** The offset of the last message at or before an offset; 0 if there is none. Called only if receipts are shown. */
  lastMessageAt(offset: Offset): Offset
}

/**
 * Decides a member's request to move their marks. Marks only move forward, and a message that was read also counts as
 * delivered. A request that moves neither mark is accepted without an event.
 */
export function decideReceipt(command: ReceiptCommand, context: ReceiptContext): ReceiptDecision {
  const { actor, room: facts, marks, head } = context
  if (actor.kind === 'system') return forbid('The server itself has no read marks.')
  const own = facts === null ? undefined : membershipOf(actor, facts.memberships)
  if (facts === null || !canSeeRoom(actor, facts.room, own)) {
    return reject('NOT_FOUND', 'Room not found.', { field: 'roomId' })
  }
  if (own === undefined || marks === undefined)
    return reject('NOT_A_MEMBER', 'You are not a member of this room.')
  const { deliveredThrough, readThrough } = command
  if (deliveredThrough === null && readThrough === null) {
    return reject('INVALID_INPUT', 'Give deliveredThrough, readThrough or both.')
  }
  const fault =
    faultIn('deliveredThrough', deliveredThrough, head) ?? faultIn('readThrough', readThrough, head)
  if (fault !== undefined) return fault

  const after = advanced(marks, command)
  const reply = { userId: actor.person.id }
  const isMoved = after.deliveredThrough > marks.deliveredThrough || after.readThrough > marks.readThrough
  if (!isMoved) return accept([], reply)
  const isShown = isNews(facts.room, marks, after, context)
  return accept([{ type: 'ReceiptAdvanced', user: actor.person, ...after, isShown }], reply)
}

function advanced(marks: Marks, { deliveredThrough, readThrough }: ReceiptCommand): Marks {
  const read = Math.max(marks.readThrough, readThrough ?? 0)
  const delivered = Math.max(marks.deliveredThrough, deliveredThrough ?? 0, read)
  return { deliveredThrough: asOffset(delivered), readThrough: asOffset(read) }
}

/**
 * Whether a mark passed a message. Passing only edits, deletions and receipts of others changes no count; announcing
 * it would make clients that confirm every entry answer each other endlessly.
 */
function isNews(room: Room, before: Marks, after: Marks, { lastMessageAt }: ReceiptContext): boolean {
  if (!showsReceipts(room)) return false
  return (
    lastMessageAt(after.deliveredThrough) > before.deliveredThrough ||
    lastMessageAt(after.readThrough) > before.readThrough
  )
}

function faultIn(field: string, value: number | null, head: Offset): ReturnType<typeof reject> | undefined {
  if (value === null || (value >= 0 && value <= head)) return undefined
  return reject(
    'INVALID_INPUT',
    `The ${field} must be an offset from 0 to ${head} of this room's messages.`,
    { field },
  )
}
