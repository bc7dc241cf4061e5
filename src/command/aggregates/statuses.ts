import { and, eq, sql } from 'drizzle-orm'
import {
  decideStatus,
  type ReportStatus,
  type StatusEvent,
  type StatusReply,
} from '../../domain/status/report.ts'
import type { Status } from '../../domain/status/status.ts'
import { isStorable } from '../../kernel/text.ts'
import { statuses } from '../../log/schema.ts'
import { type Aggregate, SAVED } from '../aggregate.ts'

/** By subject: those that the commands at hand name. All commands of a topic are of one kind. */
type State = ReadonlyMap<string, Status>

export const statusesAggregate: Aggregate<ReportStatus, StatusReply, State, StatusEvent, Status> = {
  topicsBegunBy: () => [],

  async load(tx, { commands }) {
    const [first] = commands
    if (first === undefined) return new Map()
    const ids = commands.map(({ body }) => body.subjectId).filter(isStorable)
    const rows = await tx
      .select()
      .from(statuses)
      .where(
        and(eq(statuses.kind, first.body.kind), sql`${statuses.subjectId} = ANY(${sql.param(ids)}::text[])`),
      )
    return new Map(rows.map((row) => [row.subjectId, row]))
  },

  decide: (state, { actor, body }, { now }) => decideStatus(state.get(body.subjectId), body, { actor, now }),

  // Who loses a status follows from the change that comes right after.
  evolve: (state, event) =>
    event.type === 'StatusChanged' ? new Map(state).set(event.status.subjectId, event.status) : state,

  entryOf: ({ type, ...data }) => ({ type, data }),

  async save(tx, { after, steps }) {
    const changed = new Set(
      steps.flatMap(({ event }) => (event.type === 'StatusChanged' ? event.status.subjectId : [])),
    )
    const rows = [...changed].flatMap((id) => after.get(id) ?? [])
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
    return SAVED
  },

  viewOf(after, { subjectId }) {
    const status = after.get(subjectId)
    if (status === undefined) throw new RangeError('an accepted report leaves a status')
    return status
  },
}
