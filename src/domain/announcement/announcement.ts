import type { AnnouncementId, RoomId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'

/** GLOBAL reaches everyone, AUTHENTICATED the signed-in, ADMIN administrators, ROOM everyone who may see the room. */
export type Audience = 'GLOBAL' | 'AUTHENTICATED' | 'ADMIN' | 'ROOM'
export type Severity = 'INFO' | 'WARNING' | 'CRITICAL'

export interface Announcement {
  readonly id: AnnouncementId
  readonly audience: Audience
  readonly roomId: RoomId | null
  readonly severity: Severity
  readonly title: string
  readonly body: string
  readonly publishedAt: Instant
  readonly expiresAt: Instant | null
  readonly retractedAt: Instant | null
}
