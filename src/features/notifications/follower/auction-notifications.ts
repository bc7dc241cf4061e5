import type { Entry } from '../../../engine/history/entry.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Transaction } from '../../../engine/storage/database.ts'
import type { NotificationHook } from '../hooks.ts'
import { newNotificationId } from '../ids.ts'
import { notify } from '../notify.ts'
import type { Telling } from '../rules/consequences.ts'
import { type AuctionSubject, notificationOf } from '../rules/wording.ts'

/** Writes the notifications of `tellings`, each user's in order, and returns their entries. `hooks`: see `notify`. */
export function tell(
  tx: Transaction,
  tellings: readonly Telling[],
  subject: AuctionSubject,
  now: Instant,
  hooks: readonly NotificationHook[],
): Promise<readonly Entry[]> {
  const addressed = tellings.map((telling) => {
    const notification = notificationOf(telling, subject, { id: newNotificationId(), createdAt: now })
    return { userId: telling.userId, notification }
  })
  return notify(tx, addressed, now, hooks)
}
