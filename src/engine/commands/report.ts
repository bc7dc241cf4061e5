import type { Instant } from '../kernel/instant.ts'

/** When the latest accepted report of each subject was made; a subject that is missing had none. */
export type ReportTimes = ReadonlyMap<string, Instant>

/** A private event: reports of these subjects that were made before `at` are stale from now on. */
export interface Reported {
  readonly type: 'Reported'
  readonly subjects: readonly string[]
  readonly at: Instant
}

/** Whether a report is older than the latest accepted one of its subject. One without a time is as old as its arrival. */
export function isStale(times: ReportTimes, subject: string, reportedAt: Instant | undefined): boolean {
  const latest = times.get(subject)
  return reportedAt !== undefined && latest !== undefined && reportedAt < latest
}

interface Accepted {
  readonly subjects: readonly string[]
  /** Those of `subjects` whose state the report changed. */
  readonly changed: readonly string[]
  readonly reportedAt: Instant | undefined
  readonly now: Instant
}

/**
 * What accepting a report adds to the history of its subjects' times. A report that repeats the latest state with a later
 * time counts as the latest; one that repeats it without a time changes nothing at all.
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
