import type { NotificationId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'

export type NotificationKind =
  | 'OUTBID'
  | 'AUCTION_WON'
  | 'AUCTION_LOST'
  | 'AUCTION_ENDING'
  | 'MENTION'
  | 'DIRECT_MESSAGE'
  | 'ROOM'
  | 'CUSTOM'

export interface Notification {
  readonly id: NotificationId
  readonly kind: NotificationKind
  readonly title: string
  readonly body: string
  readonly subjectId: string | null
  /** Any JSON. */
  readonly data: unknown
  readonly createdAt: Instant
  readonly readAt: Instant | null
}
