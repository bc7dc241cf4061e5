import type { Telling } from '../domain/notification/consequences.ts'
import { type AuctionSubject, notificationOf } from '../domain/notification/wording.ts'
import { newNotificationId } from '../kernel/id.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Transaction } from '../log/database.ts'
import type { Entry } from '../log/entry.ts'
import { notify } from '../log/notify.ts'

/** Writes the notifications of `tellings`, each user's in order, and returns their entries. `isPushed`: see `notify`. */
export function tell(
  tx: Transaction,
  tellings: readonly Telling[],
  subject: AuctionSubject,
  now: Instant,
  isPushed: boolean,
): Promise<readonly Entry[]> {
  const addressed = tellings.map((telling) => {
    const notification = notificationOf(telling, subject, { id: newNotificationId(), createdAt: now })
    return { userId: telling.userId, notification }
  })
  return notify(tx, addressed, now, isPushed)
}
