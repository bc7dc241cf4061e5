import type { UserId } from '../../../engine/kernel/id.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'

export const STATUS_KINDS = ['SUPPLY', 'TIMESLOT', 'BOUNTY', 'UPLOAD', 'DASHBOARD'] as const

export type StatusKind = (typeof STATUS_KINDS)[number]

/** The kind that `text` names. Throws for any other text. */
export function asStatusKind(text: string): StatusKind {
  const kind = STATUS_KINDS.find((each) => each === text)
  if (kind === undefined) throw new RangeError(`no status is of the kind ${text}`)
  return kind
}

/** The latest reported status of one subject. */
export interface Status {
  readonly kind: StatusKind
  readonly subjectId: string
  readonly state: string
  /** From 0 to 1. */
  readonly progress: number | null
  /** Any JSON. */
  readonly data: unknown
  /** The only user, in addition to services and administrators, who may see it; null: every signed-in user. */
  readonly userId: UserId | null
  readonly updatedAt: Instant
}
