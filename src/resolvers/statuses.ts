import { signedIn } from '../engine/hub/plan-context.ts'
import type { Actor } from '../engine/kernel/actor.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asUserId } from '../engine/kernel/id.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import type { Database } from '../engine/storage/database.ts'
import { statusFamily } from '../features/statuses/family.ts'
import { readStatuses } from '../features/statuses/reads/statuses.ts'
import type { Status, StatusKind } from '../features/statuses/rules/status.ts'
import { MAX_STATUSES } from '../features/statuses/source.ts'
import { type StatusesArgs, subjectsOf } from '../features/statuses/subscriptions.ts'
import { statusesTopic } from '../features/statuses/topics.ts'
import { ensureUser } from '../features/users/users.ts'
import { actorOf } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'
import { readFor } from './read-for.ts'
import { type RejectedResult, readKey, refusalOf } from './result.ts'
import { actorIn } from './signed-in.ts'

export interface ReportStatusInput {
  readonly kind: StatusKind
  readonly subjectId: string
  readonly state: string
  readonly progress?: number | null | undefined
  readonly data?: unknown
  readonly userId?: string | null | undefined
  readonly reportedAt?: Instant | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export interface StatusPayload {
  readonly kind: 'accepted'
  readonly status: Status
  readonly stale: boolean
  readonly cursor: Cursor
}

export type StatusResult = StatusPayload | RejectedResult

/**
 * Sets a state. A repetition changes nothing, and returns the end of the history. A retry with a key returns the
 * current status. May name an unknown user.
 */
export async function reportStatus(input: ReportStatusInput, context: CallContext): Promise<StatusResult> {
  const actor = actorIn(context)
  const { kind, subjectId, state, progress = null, data = null } = input
  const userId = typeof input.userId === 'string' ? asUserId(input.userId) : null
  const reading = readKey('reportStatus', input)
  if (reading.kind === 'rejected') return reading
  const { dispatch, database } = context.services
  const reportedAt = input.reportedAt ?? undefined
  const report = { kind, subjectId, state, progress, data, userId, reportedAt }
  const outcome = await dispatch(statusFamily, report.kind, actor, report, reading.key)
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const status = outcome.state ?? (await statusNow(database, kind, subjectId, actor))
  if (userId !== null) await ensureUser(database, userId)
  const cursor = encodeCursor(statusesTopic(kind), outcome.position)
  return { kind: 'accepted', status, stale: outcome.reply.stale, cursor }
}

async function statusNow(
  database: Database,
  kind: StatusKind,
  subjectId: string,
  caller: Actor,
): Promise<Status> {
  const found = await readStatuses(database, { kind, subjectIds: [subjectId], caller }, 1)
  const [status] = found.statuses
  if (status === undefined) throw new RangeError('an accepted report leaves a status')
  return status
}

/** The statuses that the caller may see, latest change first, at most 1000. */
export async function statuses(args: StatusesArgs, context: CallContext): Promise<readonly Status[]> {
  const caller = actorOf(signedIn(context))
  const wanted = { kind: args.kind, subjectIds: subjectsOf(args), caller }
  const found = await readFor(context, (database) => readStatuses(database, wanted, MAX_STATUSES))
  return found.statuses
}
