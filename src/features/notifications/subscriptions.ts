import { type AfterArgs, type PlanContext, signedIn } from '../../engine/hub/plan-context.ts'
import type { HistoryPlan } from '../../engine/hub/source.ts'
import { readInbox } from './reads/notifications.ts'
import { notificationsSource } from './source.ts'
import { notificationsTopic } from './topics.ts'

/** Throws UNAUTHENTICATED for a visitor; everyone else has a topic of their own. */
export async function notificationsPlan(args: AfterArgs, context: PlanContext): Promise<HistoryPlan> {
  const { user } = signedIn(context)
  const { database, get } = context.services
  // Begins the history of a user who has had no notification so far.
  await readInbox(database, user.id)
  const topic = notificationsTopic(user.id)
  return { kind: 'history', topic, source: get(notificationsSource), after: args.after ?? null }
}
