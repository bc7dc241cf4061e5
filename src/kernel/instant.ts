import type { Brand } from './brand.ts'

/** A moment, in whole milliseconds since the Unix epoch, UTC. */
export type Instant = Brand<number, 'Instant'>

/** The last millisecond that RFC 3339 can write: stands for "until further notice". */
export const FAR_FUTURE = Date.UTC(9999, 11, 31, 23, 59, 59, 999) as Instant

/** The moment `ms` milliseconds after 1970 began; fractions are cut off. */
export function instant(ms: number): Instant {
  return Math.trunc(ms) as Instant
}

/** The moment `ms` milliseconds after `start` (before it, when negative). */
export function later(start: Instant, ms: number): Instant {
  return (start + ms) as Instant
}

/** RFC 3339 in UTC with milliseconds, as the DateTime scalar shows it. */
export function formatInstant(value: Instant): string {
  return new Date(value).toISOString()
}
