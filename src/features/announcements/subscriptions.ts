import type { AfterArgs, PlanContext } from '../../engine/hub/plan-context.ts'
import type { HistoryPlan } from '../../engine/hub/source.ts'
import { announcementsSource } from './source.ts'
import { announcementsTopic } from './topics.ts'

/** Everyone may subscribe: the source filters out what does not address the reader. */
export async function announcementsPlan(args: AfterArgs, context: PlanContext): Promise<HistoryPlan> {
  const source = context.services.get(announcementsSource)
  return { kind: 'history', topic: announcementsTopic, source, after: args.after ?? null }
}
