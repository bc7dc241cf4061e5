import { sql } from 'drizzle-orm'
import { formatInstant, instant } from '../kernel/instant.ts'
import { isStorable } from '../kernel/text.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Transaction } from '../storage/database.ts'
import type { Reported, ReportTimes } from './report.ts'

/** Reads the times for `subjects`. The topic must be locked. */
export async function loadReportTimes(
  tx: Transaction,
  topic: Topic,
  subjects: readonly string[],
): Promise<ReportTimes> {
  const wanted = subjects.filter(isStorable)
  if (wanted.length === 0) return new Map()
  const { rows } = await tx.execute<{ subject: string; at: number }>(sql`
    SELECT subject, (extract(epoch FROM reported_at) * 1000)::float8 AS at FROM report_times
    WHERE topic = ${topic} AND subject = ANY(${sql.param(wanted)}::text[])`)
  return new Map(rows.map(({ subject, at }) => [subject, instant(at)]))
}

/** Writes the times after a batch for all subjects named in its `reports`. */
export async function saveReportTimes(
  tx: Transaction,
  topic: Topic,
  reports: readonly Reported[],
  after: ReportTimes,
): Promise<void> {
  const subjects = new Set(reports.flatMap((report) => report.subjects))
  const rows = [...subjects].flatMap((subject) => {
    const at = after.get(subject)
    return at === undefined ? [] : [{ s: subject, t: formatInstant(at) }]
  })
  if (rows.length === 0) return
  await tx.execute(sql`
    INSERT INTO report_times (topic, subject, reported_at)
    SELECT ${topic}, s, t FROM json_to_recordset(${JSON.stringify(rows)}::json) AS row(s text, t timestamptz)
    ON CONFLICT (topic, subject) DO UPDATE SET reported_at = excluded.reported_at`)
}
