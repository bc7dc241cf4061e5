import { notFound } from '../../engine/hub/client-errors.ts'
import type { AfterArgs, PlanContext } from '../../engine/hub/plan-context.ts'
import type { Guard, HistoryPlan, PlanTerms } from '../../engine/hub/source.ts'
import { callerOf } from '../../platform/auth/viewer.ts'
import { roomReads } from './batched-reads.ts'
import { asRoomId, type RoomId } from './ids.ts'
import { isMemberData, roomSource } from './source.ts'
import { roomTopic } from './topics.ts'

export interface RoomArgs {
  readonly roomId: string
}

export async function roomStatePlan(args: RoomArgs & AfterArgs, context: PlanContext): Promise<HistoryPlan> {
  const { id, terms } = await roomFor(context, args)
  const source = context.services.get(roomSource)
  return { kind: 'history', topic: roomTopic(id), source, ...terms, after: args.after ?? null }
}

/**
 * A room that the caller sees, with the guard that ends the subscription when they no longer do. Throws NOT_FOUND
 * otherwise.
 */
export async function roomFor(
  context: PlanContext,
  args: RoomArgs,
): Promise<{ readonly id: RoomId; readonly terms: PlanTerms }> {
  const id = asRoomId(args.roomId)
  const askedAt = performance.now()
  const { seesRoom } = context.services.get(roomReads)
  if (!(await seesRoom({ roomId: id, caller: callerOf(context.viewer) }, context.signal))) throw notFound()
  return { id, terms: termsOfRoom(context, id, askedAt) }
}

/** A reader of anything in a room is present in it, and counted there, while they may see it. */
export function termsOfRoom(context: PlanContext, id: RoomId, askedAt: number): PlanTerms {
  return { guard: guardOfRoom(context, id, askedAt), presentIn: id, countedIn: id }
}

/**
 * A reader loses access to a room when its settings change, when the reader's membership ends, or when the reader's
 * own rights change. The viewer is read on demand: a renewed token may have changed it.
 */
function guardOfRoom(context: PlanContext, id: RoomId, askedAt: number): Guard {
  const { seesRoom } = context.services.get(roomReads)
  return {
    askedAt,
    topic: roomTopic(id),
    concerns({ type, data }) {
      if (type === 'RoomUpdated') return true
      if (type !== 'MemberLeft' && type !== 'MemberRemoved') return false
      return isMemberData(data) && data.user.id === context.viewer?.user.id
    },
    isAllowed: () => seesRoom({ roomId: id, caller: callerOf(context.viewer) }),
    watchRights: context.watchRights,
  }
}
