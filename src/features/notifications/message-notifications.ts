import { and, eq, sql } from 'drizzle-orm'
import { lockTopics } from '../../engine/history/append.ts'
import type { Entry } from '../../engine/history/entry.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import { instant } from '../../engine/kernel/instant.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { RoomMessagesChange } from '../messages/hooks.ts'
import { members } from '../rooms/tables.ts'
import type { Addressed, NotificationHook } from './hooks.ts'
import { newNotificationId } from './ids.ts'
import { notify } from './notify.ts'
import { messageNotification, recipientsOf, withdrawalOf } from './rules/message.ts'
import { findHolders, withdrawNotifications } from './settle-notifications.ts'
import { notificationsTopic } from './topics.ts'

/**
 * Notifies newly mentioned users, and the other member of a direct room (docs/adr/0009); withdraws unread
 * notifications of deleted messages, and of users whom a message no longer mentions. Runs no statement if a batch
 * does none of this.
 */
export async function notifyOfMessages(
  tx: Transaction,
  rooms: readonly RoomMessagesChange[],
  hooks: readonly NotificationHook[],
): Promise<readonly Entry[]> {
  const withdrawals = rooms.flatMap(({ room, messages }) =>
    messages.flatMap((change) => withdrawalOf(change, room) ?? []),
  )
  const [addressed, holders] = await allSettled([
    allSettled(rooms.map((each) => addressesIn(tx, each))).then((each) => each.flat()),
    findHolders(tx, withdrawals),
  ])
  if (addressed.length === 0 && holders.length === 0) return []
  const now = instant(Math.max(...rooms.map((each) => each.now)))
  // Locked together and therefore in order; `notify` does this for its own topics.
  const concerned: readonly UserId[] = [...holders, ...addressed.map(({ userId }) => userId)]
  if (holders.length > 0) await lockTopics(tx, concerned.map(notificationsTopic))
  const created = await notify(tx, addressed, now, hooks)
  const withdrawn = await withdrawNotifications(tx, withdrawals, holders, now)
  return [...created, ...withdrawn]
}

async function addressesIn(
  tx: Transaction,
  { room, messages }: RoomMessagesChange,
): Promise<readonly Addressed[]> {
  const isDirect = room.kind === 'DIRECT'
  const mentioned = messages.flatMap(({ after }) => after.mentions.map(({ id }) => id))
  const isSilent = isDirect ? messages.every(({ before }) => before !== undefined) : mentioned.length === 0
  if (isSilent) return []
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
  return messages.flatMap((change) =>
    recipientsOf(change, room, present).map((recipient) => {
      const notification = messageNotification(recipient, change.after, room, newNotificationId())
      return { userId: recipient.userId, notification }
    }),
  )
}
