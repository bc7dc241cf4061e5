import { and, eq, sql } from 'drizzle-orm'
import type { MessageEvent } from '../../domain/message/event.ts'
import { messageNotification, tellingsOf } from '../../domain/notification/message.ts'
import type { Room } from '../../domain/room/room.ts'
import { newNotificationId } from '../../kernel/id.ts'
import { instant } from '../../kernel/instant.ts'
import { allSettled } from '../../log/all-settled.ts'
import type { Transaction } from '../../log/database.ts'
import type { Entry } from '../../log/entry.ts'
import { type Addressed, notify } from '../../log/notify.ts'
import { members } from '../../log/schema.ts'
import type { Step } from '../aggregate.ts'

/** What happened in one room. */
export interface RoomSteps {
  readonly room: Room
  readonly steps: readonly Step<MessageEvent>[]
}

/**
 * Tells those whom new messages mention, and the other one of a direct room (docs/adr/0009). Nothing is asked where a batch
 * mentions nobody.
 */
export async function tellOfMessages(
  tx: Transaction,
  rooms: readonly RoomSteps[],
  isPushed: boolean,
): Promise<readonly Entry[]> {
  const addressed = (await allSettled(rooms.map((each) => addressesIn(tx, each)))).flat()
  if (addressed.length === 0) return []
  const latest = Math.max(...addressed.map(({ notification }) => notification.createdAt))
  return notify(tx, addressed, instant(latest), isPushed)
}

async function addressesIn(tx: Transaction, { room, steps }: RoomSteps): Promise<readonly Addressed[]> {
  const sent = steps.flatMap(({ event }) => (event.type === 'MessageSent' ? [event.message] : []))
  const isDirect = room.kind === 'DIRECT'
  const mentioned = sent.flatMap(({ mentions }) => mentions.map(({ id }) => id))
  if (isDirect ? sent.length === 0 : mentioned.length === 0) return []
  const rows = await tx
    .select({ userId: members.userId })
    .from(members)
    .where(
      and(
        eq(members.roomId, room.id),
        eq(members.status, 'member'),
        isDirect ? undefined : sql`${members.userId} = ANY(${sql.param(mentioned)})`,
      ),
    )
  const present = new Set(rows.map(({ userId }) => userId))
  return sent.flatMap((message) =>
    tellingsOf(message, room, present).map((telling) => {
      const notification = messageNotification(telling, message, room, newNotificationId())
      return { userId: telling.userId, notification }
    }),
  )
}
