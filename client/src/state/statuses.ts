import {
  LiveStatusesDocument,
  type LiveStatusesSubscription,
  type LiveStatusesSubscriptionVariables,
  type StatusKind,
  type StatusPartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Status = StatusPartsFragment

/** The latest of each subject, the latest change first: 1000 at most at the snapshot, and all that changed since. */
export type StatusesState = readonly Status[]

/** Of all subjects of a kind, or of some. */
export function liveStatuses(
  kind: StatusKind,
  subjectIds: readonly string[] | null = null,
): LiveDefinition<StatusesState, LiveStatusesSubscription, LiveStatusesSubscriptionVariables> {
  const variables = { kind, subjectIds: subjectIds === null ? null : [...subjectIds] }
  return { operation: { query: LiveStatusesDocument, variables }, reduce }
}

function reduce(state: StatusesState = [], { statuses: entry }: LiveStatusesSubscription): StatusesState {
  switch (entry.__typename) {
    case 'StatusesSnapshot':
      return [...entry.statuses].sort(byChange)
    case 'StatusChanged': {
      const { status } = entry
      return [status, ...without(state, status)].sort(byChange)
    }
    case 'StatusRemoved':
      return without(state, entry)
  }
}

function without(state: StatusesState, { subjectId }: Pick<Status, 'subjectId'>): Status[] {
  return state.filter((status) => status.subjectId !== subjectId)
}

function byChange(one: Status, other: Status): number {
  if (one.updatedAt !== other.updatedAt) return one.updatedAt < other.updatedAt ? 1 : -1
  return one.subjectId < other.subjectId ? -1 : 1
}
