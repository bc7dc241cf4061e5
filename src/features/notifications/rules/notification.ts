import type { Instant } from '../../../engine/kernel/instant.ts'
import type { NotificationId } from '../ids.ts'

export const NOTIFICATION_KINDS = [
  'OUTBID',
  'AUCTION_WON',
  'AUCTION_LOST',
  'AUCTION_ENDING',
  'AUCTION_CANCELLED',
  'BID_VOIDED',
  'LEADING',
  'MENTION',
  'DIRECT_MESSAGE',
  'ROOM',
  'CUSTOM',
] as const
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number]

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
