import type { ReceiptEvent } from './event.ts'
import type { Marks } from './marks.ts'

/** The loaded marks by user, right after the event. */
export function evolveMarks(
  marks: ReadonlyMap<string, Marks>,
  { user, deliveredThrough, readThrough }: ReceiptEvent,
): ReadonlyMap<string, Marks> {
  return new Map(marks).set(user.id, { deliveredThrough, readThrough })
}
