import { pgTable, text } from 'drizzle-orm/pg-core'
import type { UserId } from '../../engine/kernel/id.ts'
import { instantColumn } from '../../engine/storage/instant-column.ts'

/** Every user ever seen with a valid token, or named by someone allowed to. */
export const users = pgTable('users', {
  id: text().$type<UserId>().primaryKey(),
  name: text().notNull(),
})

/** Users whose tokens issued up to then are rejected. */
export const revocations = pgTable('revocations', {
  userId: text('user_id').$type<UserId>().primaryKey(),
  revokedAt: instantColumn('revoked_at').notNull(),
  reason: text().notNull(),
  revokedBy: text('revoked_by').$type<UserId>(),
})
