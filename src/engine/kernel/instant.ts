import type { Brand } from './brand.ts'

/** A moment, in whole milliseconds since the Unix epoch, UTC. */
export type Instant = Brand<number, 'Instant'>

/** The last millisecond that RFC 3339 can express. Means "until further notice". */
export const FAR_FUTURE = Date.UTC(9999, 11, 31, 23, 59, 59, 999) as Instant

/** The moment `ms` milliseconds after the Unix epoch; fractions are truncated. */
export function instant(ms: number): Instant {
  return Math.trunc(ms) as Instant
}

/** The moment `ms` milliseconds after `start` (before it, when negative), at most FAR_FUTURE. */
export function later(start: Instant, ms: number): Instant {
  return Math.min(start + ms, FAR_FUTURE) as Instant
}

/** The same day and time `years` later. 29 February becomes 1 March in common years. */
export function yearsLater(start: Instant, years: number): Instant {
  const date = new Date(start)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  return Math.min(date.getTime(), FAR_FUTURE) as Instant
}

/** RFC 3339 in UTC with milliseconds, as the DateTime scalar shows it. */
export function formatInstant(value: Instant): string {
  return new Date(value).toISOString()
}
