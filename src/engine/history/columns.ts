import { type SQL, sql } from 'drizzle-orm'
import { formatInstant, type Instant, instant } from '../kernel/instant.ts'
import { topics } from './tables.ts'

/** The database's clock at the moment of reading. */
export const clock: SQL<Instant> = sql<Instant>`clock_timestamp()`.mapWith(topics.writtenAt)

/** `ms` as a timestamp of the database. */
export function timestamp(ms: number): SQL {
  return sql`${formatInstant(instant(ms))}::timestamptz`
}
