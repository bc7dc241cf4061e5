import type { Inbox } from './decide.ts'
import type { NotificationEvent } from './event.ts'

/** The inbox right after `event`. */
export function evolveNotifications(inbox: Inbox, { ids, unreadCount }: NotificationEvent): Inbox {
  const read = new Set(ids)
  return { unreadCount, unread: new Set([...inbox.unread].filter((id) => !read.has(id))) }
}
