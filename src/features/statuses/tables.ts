import { doublePrecision, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { UserId } from '../../engine/kernel/id.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'
import type { StatusKind } from './rules/status.ts'

/** The latest state of each subject. */
export const statuses = pgTable(
  'statuses',
  {
    kind: text().$type<StatusKind>().notNull(),
    subjectId: text('subject_id').notNull(),
    state: text().notNull(),
    progress: doublePrecision(),
    data: json(),
    /** The only user who may see it; null: every signed-in user. */
    userId: text('user_id').$type<UserId>(),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.kind, t.subjectId] })],
)
