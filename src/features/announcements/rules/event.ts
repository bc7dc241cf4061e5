import type { Announcement } from './announcement.ts'

/** Both are appended as entries under their GraphQL type name. `announcement` is the state right after the event. */
export interface AnnouncementEvent {
  readonly type: 'AnnouncementPublished' | 'AnnouncementRetracted'
  readonly announcement: Announcement
}
