import type { AfterArgs, PlanContext } from '../../engine/hub/plan-context.ts'
import type { HistoryPlan } from '../../engine/hub/source.ts'
import { type RoomArgs, roomFor } from '../rooms/subscriptions.ts'
import { messagesSource } from './source.ts'
import { messagesTopic } from './topics.ts'

export async function messagesPlan(args: RoomArgs & AfterArgs, context: PlanContext): Promise<HistoryPlan> {
  const { id, terms } = await roomFor(context, args)
  const source = context.services.get(messagesSource)
  return { kind: 'history', topic: messagesTopic(id), source, ...terms, after: args.after ?? null }
}
