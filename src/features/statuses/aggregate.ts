import { and, eq, sql } from 'drizzle-orm'
import { type Aggregate, SAVED } from '../../engine/commands/aggregate.ts'
import { type ReportTimes, withReported } from '../../engine/commands/report.ts'
import { loadReportTimes, saveReportTimes } from '../../engine/commands/report-times.ts'
import { isStorable } from '../../engine/kernel/text.ts'
import { allSettled } from '../../engine/storage/all-settled.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { decideStatus, type ReportStatus, type StatusEvent, type StatusReply } from './rules/report.ts'
import type { Status } from './rules/status.ts'
import { statuses } from './tables.ts'

/** By subject: those that the loaded commands name. All commands of a topic are of one kind. */
interface State {
  readonly statuses: ReadonlyMap<string, Status>
  readonly times: ReportTimes
}

export const statusesAggregate: Aggregate<ReportStatus, StatusReply, State, StatusEvent, Status> = {
  topicsBegunBy: () => [],

  async load(tx, { topic, commands }) {
    const [first] = commands
    if (first === undefined) return { statuses: new Map(), times: new Map() }
    const ids = commands.map(({ body }) => body.subjectId).filter(isStorable)
    const isNamed = sql`${statuses.subjectId} = ANY(${sql.param(ids)}::text[])`
    const [rows, times] = await allSettled([
      tx
        .select()
        .from(statuses)
        .where(and(eq(statuses.kind, first.body.kind), isNamed)),
      loadReportTimes(tx, topic, ids),
    ])
    return { statuses: new Map(rows.map((row) => [row.subjectId, row])), times }
  },

  decide({ statuses, times }, { actor, body }, { now }) {
    return decideStatus(statuses.get(body.subjectId), body, { actor, now, times })
  },

  // Which readers lose a status follows from the change right after it.
  evolve(state, event) {
    if (event.type === 'Reported') return { ...state, times: withReported(state.times, event) }
    if (event.type === 'StatusRemoved') return state
    const { status } = event
    return { ...state, statuses: new Map(state.statuses).set(status.subjectId, status) }
  },

  entryOf(event) {
    if (event.type === 'Reported') return undefined
    const { type, ...data } = event
    return { type, data }
  },

  async save(tx, { topic, after, steps }) {
    const events = steps.map(({ event }) => event)
    await allSettled([
      saveStatuses(tx, after.statuses, events),
      saveReportTimes(
        tx,
        topic,
        events.filter((event) => event.type === 'Reported'),
        after.times,
      ),
    ])
    return SAVED
  },

  viewOf({ statuses }, { subjectId }) {
    const status = statuses.get(subjectId)
    if (status === undefined) throw new RangeError('an accepted report leaves a status')
    return status
  },
}

/** Writes the latest status of each subject that the events changed. */
async function saveStatuses(
  tx: Transaction,
  after: State['statuses'],
  events: readonly StatusEvent[],
): Promise<void> {
  const changed = new Set(
    events.flatMap((event) => (event.type === 'StatusChanged' ? event.status.subjectId : [])),
  )
  const rows = [...changed].flatMap((id) => after.get(id) ?? [])
  if (rows.length === 0) return
  await tx
    .insert(statuses)
    .values(rows)
    .onConflictDoUpdate({
      target: [statuses.kind, statuses.subjectId],
      set: {
        state: sql`excluded.state`,
        progress: sql`excluded.progress`,
        data: sql`excluded.data`,
        userId: sql`excluded.user_id`,
        updatedAt: sql`excluded.updated_at`,
      },
    })
}
