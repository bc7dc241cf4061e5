import type { Entry } from '../../../engine/history/entry.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Transaction } from '../../../engine/storage/database.ts'
import type { NotificationHook } from '../hooks.ts'
import { newNotificationId } from '../ids.ts'
import { notify } from '../notify.ts'
import type { NotificationRequest } from '../rules/consequences.ts'
import { type AuctionSubject, notificationOf } from '../rules/wording.ts'

/** Writes the notifications of `requests`, each user's in order, and returns their entries. `hooks`: see `notify`. */
export function sendNotifications(
  tx: Transaction,
  requests: readonly NotificationRequest[],
  subject: AuctionSubject,
  now: Instant,
  hooks: readonly NotificationHook[],
): Promise<readonly Entry[]> {
  const addressed = requests.map((request) => {
    const notification = notificationOf(request, subject, { id: newNotificationId(), createdAt: now })
    return { userId: request.userId, notification }
  })
  return notify(tx, addressed, now, hooks)
}
