import type { Brand } from './brand.ts'

/** A moment, in whole milliseconds since the Unix epoch, UTC. */
export type Instant = Brand<number, 'Instant'>

/** The last millisecond that RFC 3339 can write: stands for "until further notice". */
export const FAR_FUTURE = Date.UTC(9999, 11, 31, 23, 59, 59, 999) as Instant

/** The moment `ms` milliseconds after 1970 began; fractions are cut off. */
export function instant(ms: number): Instant {
  return Math.trunc(ms) as Instant
}

/** The moment `ms` milliseconds after `start` (before it, when negative), at most FAR_FUTURE. */
export function later(start: Instant, ms: number): Instant {
  return Math.min(start + ms, FAR_FUTURE) as Instant
}

/** The same day and time `years` later; of 29 February, 1 March where the year has none. */
export function yearsLater(start: Instant, years: number): Instant {
  const date = new Date(start)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  return Math.min(date.getTime(), FAR_FUTURE) as Instant
}

/** RFC 3339 in UTC with milliseconds, as the DateTime scalar shows it. */
export function formatInstant(value: Instant): string {
  return new Date(value).toISOString()
}
