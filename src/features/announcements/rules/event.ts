import type { Announcement } from './announcement.ts'

/** Both become entries, under the name of their GraphQL type. `announcement` is the announcement right after. */
export interface AnnouncementEvent {
  readonly type: 'AnnouncementPublished' | 'AnnouncementRetracted'
  readonly announcement: Announcement
}
