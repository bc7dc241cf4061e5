import type { Instant } from '../../../engine/kernel/instant.ts'
import type { RoomId } from '../../rooms/ids.ts'
import type { AnnouncementId } from '../ids.ts'

/** GLOBAL reaches everyone, AUTHENTICATED the signed-in, ADMIN administrators, ROOM everyone who may see the room. */
export const AUDIENCES = ['GLOBAL', 'AUTHENTICATED', 'ADMIN', 'ROOM'] as const
export type Audience = (typeof AUDIENCES)[number]
export const SEVERITIES = ['INFO', 'WARNING', 'CRITICAL'] as const
export type Severity = (typeof SEVERITIES)[number]

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
