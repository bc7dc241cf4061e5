import { and, desc, eq, isNull, or, sql } from 'drizzle-orm'
import { clock } from '../../../engine/history/columns.ts'
import { topics } from '../../../engine/history/tables.ts'
import { type Actor, isPrivileged } from '../../../engine/kernel/actor.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { Position } from '../../../engine/kernel/position.ts'
import type { Executor } from '../../../engine/storage/database.ts'
import type { Status, StatusKind } from '../rules/status.ts'
import { statuses } from '../tables.ts'
import { statusesTopic } from '../topics.ts'

/** Statuses as of a position of their kind's history. */
export interface StatusesRecord {
  readonly position: Position
  readonly at: Instant
  readonly statuses: readonly Status[]
}

export interface StatusesWanted {
  readonly kind: StatusKind
  /** Null: of all subjects. */
  readonly subjectIds: readonly string[] | null
  readonly caller: Actor
}

/**
 * The statuses that the caller may see, latest change first, at most `most`, read in one statement and therefore
 * consistent.
 */
export async function readStatuses(
  executor: Executor,
  { kind, subjectIds, caller }: StatusesWanted,
  most: number,
): Promise<StatusesRecord> {
  const own = caller.kind === 'user' ? eq(statuses.userId, caller.person.id) : undefined
  const visible = executor
    .select()
    .from(statuses)
    .where(
      and(
        eq(statuses.kind, kind),
        subjectIds === null ? undefined : sql`${statuses.subjectId} = ANY(${sql.param(subjectIds)}::text[])`,
        isPrivileged(caller) ? undefined : or(isNull(statuses.userId), own),
      ),
    )
    .orderBy(desc(statuses.updatedAt), statuses.subjectId)
    .limit(most)
    .as('visible')
  const topic = statusesTopic(kind)
  const rows = await executor
    .select({ epoch: topics.epoch, offset: topics.head, at: clock, status: visible._.selectedFields })
    .from(topics)
    .leftJoin(visible, eq(topics.topic, topic))
    .where(eq(topics.topic, topic))
    .orderBy(desc(visible.updatedAt), visible.subjectId)
  const [head] = rows
  if (head === undefined) throw new Error(`${topic} has no history`)
  return {
    position: { epoch: head.epoch, offset: head.offset },
    at: head.at,
    statuses: rows.flatMap(({ status }) => (status === null ? [] : [status])),
  }
}
