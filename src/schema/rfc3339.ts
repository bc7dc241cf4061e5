import { FAR_FUTURE, type Instant, instant } from '../engine/kernel/instant.ts'

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/i

/** The earliest year that PostgreSQL writes in a form that JavaScript parses. */
const FIRST = Date.UTC(1000, 0, 1)
const MINUTE_MS = 60_000

/**
 * Parses an instant by RFC 3339 section 5.6, with any offset from UTC; undefined if `text` is not one. Fractions beyond
 * milliseconds are truncated. Not supported: leap seconds, a blank instead of the T, and years outside 1000 to 9999.
 */
export function parseInstant(text: string): Instant | undefined {
  const parts = DATE_TIME.exec(text)
  if (parts === null) return undefined
  const part = (index: number): number => Number(parts[index] ?? 0)
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  const [offsetHour, offsetMinute] = [part(9), part(10)]
  const isClock = hour < 24 && minute < 60 && second < 60 && offsetHour < 24 && offsetMinute < 60
  if (!isClock || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined

  const ms = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const offset = (offsetHour * 60 + offsetMinute) * MINUTE_MS * (parts[8] === '-' ? -1 : 1)
  const value = Date.UTC(year, month - 1, day, hour, minute, second, ms) - offset
  return value >= FIRST && value <= FAR_FUTURE ? instant(value) : undefined
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}
