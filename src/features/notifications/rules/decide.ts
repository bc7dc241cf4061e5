import { accept, type Decision, reject } from '../../../engine/kernel/decision.ts'
import type { NotificationId } from '../ids.ts'
import type { NotificationCommand, NotificationReply } from './command.ts'
import type { NotificationEvent } from './event.ts'

export type NotificationDecision = Decision<NotificationEvent, NotificationReply>

/** The loaded state of one user's notifications. */
export interface Inbox {
  readonly unreadCount: number
  /** The unread ones among those that the loaded commands name. */
  readonly unread: ReadonlySet<NotificationId>
}

const MAX_IDS = 500

/**
 * Skips ids that are already read, unknown or another user's: repeating the command changes nothing and gets the same
 * answer, and nobody learns which ids exist.
 */
export function decideNotifications(inbox: Inbox, { ids }: NotificationCommand): NotificationDecision {
  if (ids.length > MAX_IDS) {
    return reject('INVALID_INPUT', `At most ${MAX_IDS} ids can be given at once.`, { field: 'ids' })
  }
  const read = [...new Set(ids)].filter((id) => inbox.unread.has(id))
  const unreadCount = inbox.unreadCount - read.length
  const events: readonly NotificationEvent[] =
    read.length === 0 ? [] : [{ type: 'NotificationsRead', ids: read, unreadCount }]
  return accept(events, { unreadCount })
}
