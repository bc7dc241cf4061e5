import { type SQL, sql } from 'drizzle-orm'
import { formatInstant, type Instant, instant } from '../kernel/instant.ts'
import { topics } from './tables.ts'

/** The current time of the database's clock. */
export const clock: SQL<Instant> = sql<Instant>`clock_timestamp()`.mapWith(topics.writtenAt)

/** Converts `ms` to a database timestamp. */
export function timestamp(ms: number): SQL {
  return sql`${formatInstant(instant(ms))}::timestamptz`
}
