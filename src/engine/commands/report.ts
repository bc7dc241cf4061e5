import type { Instant } from '../kernel/instant.ts'

/** The time of the latest accepted report per subject. Missing subjects had none. */
export type ReportTimes = ReadonlyMap<string, Instant>

/** A private event: reports on these subjects from before `at` are stale from now on. */
export interface Reported {
  readonly type: 'Reported'
  readonly subjects: readonly string[]
  readonly at: Instant
}

/** Whether a report is older than the latest accepted one on its subject. A report without a time counts from its arrival. */
export function isStale(times: ReportTimes, subject: string, reportedAt: Instant | undefined): boolean {
  const latest = times.get(subject)
  return reportedAt !== undefined && latest !== undefined && reportedAt < latest
}

interface Accepted {
  readonly subjects: readonly string[]
  /** The subjects whose state the report changed. */
  readonly changed: readonly string[]
  readonly reportedAt: Instant | undefined
  readonly now: Instant
}

/**
 * The event that an accepted report adds for the times of its subjects. A report that repeats the latest state with a later
 * time counts as the latest; one that repeats it without a time changes nothing.
 */
export function reported(
  times: ReportTimes,
  { subjects, changed, reportedAt, now }: Accepted,
): readonly Reported[] {
  const moved = reportedAt === undefined ? changed : subjects.filter((each) => times.get(each) !== reportedAt)
  return moved.length === 0 ? [] : [{ type: 'Reported', subjects: moved, at: reportedAt ?? now }]
}

export function withReported(times: ReportTimes, { subjects, at }: Reported): ReportTimes {
  return new Map([...times, ...subjects.map((subject) => [subject, at] as const)])
}
