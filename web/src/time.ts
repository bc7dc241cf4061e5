const DAY_SECONDS = 86_400

/** The local time of an instant, with the day unless it is today; with seconds if `hasSeconds`. */
export function timeOf(instant: string, hasSeconds = false): string {
  const date = new Date(instant)
  const timeStyle = hasSeconds ? 'medium' : 'short'
  return isToday(date)
    ? date.toLocaleTimeString(undefined, { timeStyle })
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle })
}

/** The time of day alone. */
export function timeOfDay(instant: string): string {
  return new Date(instant).toLocaleTimeString(undefined, { timeStyle: 'short' })
}

/** The local day of an instant; undefined for today. */
export function dayOf(instant: string): string | undefined {
  const date = new Date(instant)
  return isToday(date) ? undefined : date.toLocaleDateString(undefined, { dateStyle: 'medium' })
}

/** Formats as 9:05 or 1:00:00, from one day as 3 d 23 h. */
export function countdown(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000)
  const hours = Math.floor(seconds / 3600)
  if (seconds >= DAY_SECONDS) return `${Math.floor(hours / 24)} d ${hours % 24} h`
  const parts = [hours, Math.floor(seconds / 60) % 60, seconds % 60]
  return (hours === 0 ? parts.slice(1) : parts)
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':')
}

function isToday(date: Date): boolean {
  return date.toDateString() === new Date().toDateString()
}
