/** The time of day of an instant, here. */
export function timeOf(instant: string): string {
  return new Date(instant).toLocaleTimeString(undefined, { hourCycle: 'h23' })
}

/** 9:05, 1:00:00. */
export function countdown(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return (parts[0] === 0 ? parts.slice(1) : parts)
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':')
}
