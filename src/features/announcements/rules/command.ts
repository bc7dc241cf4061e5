import type { Instant } from '../../../engine/kernel/instant.ts'
import type { RoomId } from '../../rooms/ids.ts'
import type { AnnouncementId } from '../ids.ts'
import type { Audience, Severity } from './announcement.ts'

export type AnnouncementCommand =
  | {
      readonly kind: 'publish'
      readonly id: AnnouncementId
      readonly audience: Audience
      readonly roomId: RoomId | null
      readonly severity: Severity
      readonly title: string
      readonly body: string
      readonly expiresAt: Instant | null
    }
  | { readonly kind: 'retract'; readonly id: AnnouncementId }

export interface AnnouncementReply {
  readonly announcementId: AnnouncementId
}
