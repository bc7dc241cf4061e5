import type { AnnouncementId } from '../ids.ts'
import type { Announcement } from './announcement.ts'
import type { AnnouncementEvent } from './event.ts'

/** The loaded announcements right after `event`. */
export function evolveAnnouncements(
  announcements: ReadonlyMap<AnnouncementId, Announcement>,
  event: AnnouncementEvent,
): ReadonlyMap<AnnouncementId, Announcement> {
  return new Map(announcements).set(event.announcement.id, event.announcement)
}
