import { badUserInput } from '../../engine/hub/client-errors.ts'
import { type AfterArgs, type PlanContext, signedIn } from '../../engine/hub/plan-context.ts'
import type { HistoryPlan } from '../../engine/hub/source.ts'
import type { StatusKind } from './rules/status.ts'
import { MAX_STATUSES, statusesSource } from './source.ts'
import { statusesTopic } from './topics.ts'

export interface StatusesArgs {
  readonly kind: StatusKind
  readonly subjectIds?: readonly string[] | null | undefined
}

/** Throws UNAUTHENTICATED for visitors. Signed-in users get the statuses visible to all and their own. */
export async function statusesPlan(
  args: StatusesArgs & AfterArgs,
  context: PlanContext,
): Promise<HistoryPlan> {
  signedIn(context)
  const source = context.services.get(statusesSource)
  const subjectIds = subjectsOf(args)
  const part = subjectIds === null ? undefined : source.of(subjectIds)
  return { kind: 'history', topic: statusesTopic(args.kind), source, part, after: args.after ?? null }
}

/** Null: all. Throws BAD_USER_INPUT for too many subjects. */
export function subjectsOf({ subjectIds }: StatusesArgs): readonly string[] | null {
  if (subjectIds === null || subjectIds === undefined) return null
  if (subjectIds.length <= MAX_STATUSES) return subjectIds
  throw badUserInput(`At most ${MAX_STATUSES} subjects can be named at once.`)
}
