import { type AfterArgs, type PlanContext, signedIn } from '../../engine/hub/plan-context.ts'
import type { HistoryPlan } from '../../engine/hub/source.ts'
import { readInbox } from './reads/notifications.ts'
import { notificationsSource } from './source.ts'
import { notificationsTopic } from './topics.ts'

/** Throws UNAUTHENTICATED for visitors; every signed-in user has their own topic. */
export async function notificationsPlan(args: AfterArgs, context: PlanContext): Promise<HistoryPlan> {
  const { user } = signedIn(context)
  const { database, get } = context.services
  // Creates the history of a user who has had no notifications yet.
  await readInbox(database, user.id)
  const topic = notificationsTopic(user.id)
  return { kind: 'history', topic, source: get(notificationsSource), after: args.after ?? null }
}
