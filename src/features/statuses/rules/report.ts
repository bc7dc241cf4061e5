import { isStale, type Reported, type ReportTimes, reported } from '../../../engine/commands/report.ts'
import { type Actor, isPrivileged } from '../../../engine/kernel/actor.ts'
import { accept, type Decision, forbid, reject } from '../../../engine/kernel/decision.ts'
import { isUserId, type UserId, userIdRule } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { isSameJson } from '../../../engine/kernel/json.ts'
import { isStorable, lengthOf, lengthRule, trimmedWithin } from '../../../engine/kernel/text.ts'
import type { Status, StatusKind } from './status.ts'

export interface ReportStatus {
  readonly kind: StatusKind
  readonly subjectId: string
  readonly state: string
  readonly progress: number | null
  readonly data: unknown
  readonly userId: UserId | null
  /** When the state was observed; omit for the time of arrival. */
  readonly reportedAt?: Instant | undefined
}

/** An entry. `previousState` is null if there was none, or if it had a different audience. */
export interface StatusChanged {
  readonly type: 'StatusChanged'
  readonly status: Status
  readonly previousState: string | null
}

/**
 * An entry right before its StatusChanged: the status now has a different audience. Readers who saw the previous
 * status but may not see the new one lose it.
 */
export interface StatusRemoved extends Pick<Status, 'kind' | 'subjectId'> {
  readonly type: 'StatusRemoved'
  /** The user it was visible to; null: every signed-in user. */
  readonly from: UserId | null
  /** The user it is visible to now. */
  readonly to: UserId
}

export type StatusEvent = StatusChanged | StatusRemoved | Reported

export interface StatusReply {
  readonly subjectId: string
  /** Older than the latest accepted report of the subject, and therefore ignored. */
  readonly stale: boolean
}

export interface StatusContext {
  readonly actor: Actor
  readonly now: Instant
  /** Contains at least the subject's. */
  readonly times: ReportTimes
}

const MAX_STATE = 200
const MAX_ID = 256

/** Reports that equal the latest, or are older, change nothing. `latest`: of the same kind and subject. */
export function decideStatus(
  latest: Status | undefined,
  report: ReportStatus,
  { actor, now, times }: StatusContext,
): Decision<StatusEvent, StatusReply> {
  if (!isPrivileged(actor)) return forbid('Only services and administrators can report statuses.')
  const { kind, subjectId, progress, data, userId, reportedAt } = report
  if (!isId(subjectId)) return reject('INVALID_INPUT', ID_RULE, { field: 'subjectId' })
  if (userId !== null && !isUserId(userId)) {
    return reject('INVALID_INPUT', `A user's id ${userIdRule()}.`, { field: 'userId' })
  }
  const state = trimmedWithin(report.state, MAX_STATE)
  if (state === undefined) {
    return reject('INVALID_INPUT', `A state has ${lengthRule(MAX_STATE)}.`, { field: 'state' })
  }
  if (progress !== null && !(progress >= 0 && progress <= 1)) {
    return reject('INVALID_INPUT', 'The progress must be between 0 and 1.', { field: 'progress' })
  }
  if (latest !== undefined && isStale(times, subjectId, reportedAt)) {
    return accept([], { subjectId, stale: true })
  }
  const status: Status = { kind, subjectId, state, progress, data, userId, updatedAt: now }
  if (latest !== undefined && isSameJson({ ...latest, updatedAt: now }, status)) {
    const repeated = { subjects: [subjectId], changed: [], reportedAt, now }
    return accept(reported(times, repeated), { subjectId, stale: false })
  }
  const isForTheSame = latest !== undefined && (latest.userId === null || latest.userId === userId)
  const previousState = isForTheSame ? latest.state : null
  const accepted = { subjects: [subjectId], changed: [subjectId], reportedAt, now }
  const changed: StatusChanged = { type: 'StatusChanged', status, previousState }
  const events = [...removedBy(latest, status), changed, ...reported(times, accepted)]
  return accept(events, { subjectId, stale: false })
}

function removedBy(
  latest: Status | undefined,
  { kind, subjectId, userId }: Status,
): readonly StatusRemoved[] {
  if (latest === undefined || userId === null || latest.userId === userId) return []
  return [{ type: 'StatusRemoved', kind, subjectId, from: latest.userId, to: userId }]
}

/** Whether `caller` saw the status until now and no longer does. */
export function losesStatus(caller: Actor | null, { from, to }: Pick<StatusRemoved, 'from' | 'to'>): boolean {
  return seesStatus(caller, { userId: from }) && !seesStatus(caller, { userId: to })
}

/** Whether `caller` may see it; visitors (null) see none. */
export function seesStatus(caller: Actor | null, { userId }: Pick<Status, 'userId'>): boolean {
  if (caller === null) return false
  if (userId === null || isPrivileged(caller)) return true
  return caller.kind === 'user' && caller.person.id === userId
}

const ID_RULE = `An id has 1 to ${MAX_ID} characters.`

function isId(id: string): boolean {
  const length = lengthOf(id)
  return isStorable(id) && length >= 1 && length <= MAX_ID
}
