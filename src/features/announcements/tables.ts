import { bigint, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { Offset } from '../../engine/kernel/position.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { AnnouncementId } from './ids.ts'
import type { Audience, Severity } from './rules/announcement.ts'

export const announcements = pgTable(
  'announcements',
  {
    id: text().$type<AnnouncementId>().primaryKey(),
    offset: bigint({ mode: 'number' }).$type<Offset>().notNull(),
    audience: text().$type<Audience>().notNull(),
    roomId: text('room_id').$type<RoomId>(),
    severity: text().$type<Severity>().notNull(),
    title: text().notNull(),
    body: text().notNull(),
    publishedAt: instantColumn('published_at').notNull(),
    expiresAt: instantColumn('expires_at'),
    retractedAt: instantColumn('retracted_at'),
  },
  (t) => [uniqueIndex('announcements_history').on(t.offset)],
)
