import { notFound } from '../engine/hub/client-errors.ts'
import { signedIn } from '../engine/hub/plan-context.ts'
import type { CurrentPlan } from '../engine/hub/source.ts'
import type { PresenceState } from '../engine/presence/roster.ts'
import { reasonNotToPost } from '../features/messages/rules/posting-permission.ts'
import { roomReads } from '../features/rooms/batched-reads.ts'
import { asRoomId } from '../features/rooms/ids.ts'
import { readMembership } from '../features/rooms/reads/members.ts'
import { readRoom } from '../features/rooms/reads/rooms.ts'
import { type RoomArgs, roomFor } from '../features/rooms/subscriptions.ts'
import type { RoomView } from '../features/rooms/view.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import type { CallContext, SharedContext } from './context.ts'
import { refused } from './errors.ts'
import { actorIn } from './signed-in.ts'

export type { PresentUser, Roster } from '../engine/presence/roster.ts'
export type { TypingUsers } from '../engine/presence/typing.ts'

/** Distinct users present now, on all nodes. */
export function countPresent({ id }: RoomView, { services }: SharedContext): Promise<number> {
  return services.presence.count(id)
}

export interface SetPresenceArgs {
  readonly roomId: string
  readonly state: PresenceState
}

/**
 * Over a WebSocket that is in the room, for that connection; otherwise for all connections of the caller. False if the
 * caller is not present. Throws NOT_FOUND if the caller cannot see the room.
 */
export async function setPresence(args: SetPresenceArgs, context: CallContext): Promise<boolean> {
  const { user } = signedIn(context)
  const { services, connection, viewer } = context
  const id = asRoomId(args.roomId)
  const isPresent = await services.presence.setState(id, user.id, args.state, connection?.presence ?? null)
  const query = { roomId: id, caller: callerOf(viewer) }
  if (!isPresent && !(await services.get(roomReads).seesRoom(query))) throw notFound()
  return isPresent
}

export interface SetTypingArgs {
  readonly roomId: string
  readonly typing: boolean
}

/**
 * Throws NOT_FOUND if the caller cannot see the room, or the code of the rule that forbids them to write in it.
 * Stopping is allowed to everyone who sees the room.
 */
export async function setTyping(args: SetTypingArgs, context: CallContext): Promise<boolean> {
  const { user } = signedIn(context)
  const { database, presence } = context.services
  const actor = actorIn(context)
  const id = asRoomId(args.roomId)
  const [record, own] = await Promise.all([
    readRoom(database, id, actor),
    readMembership(database, id, user.id),
  ])
  if (record === undefined) throw notFound()
  const { room, at } = record
  const refusal = args.typing ? reasonNotToPost({ room, actor, own, now: at }) : undefined
  if (refusal !== undefined) throw refused(refusal.rejection)
  await presence.setTyping(id, user, args.typing)
  return true
}

const PRESENCE_PERIOD_MS = 500

export async function presencePlan(args: RoomArgs, context: CallContext): Promise<CurrentPlan> {
  const { id, terms } = await roomFor(context, args)
  const subject = context.services.presence.roster(id)
  return { kind: 'current', ...terms, everyMs: PRESENCE_PERIOD_MS, subject }
}

export async function typingPlan(args: RoomArgs, context: CallContext): Promise<CurrentPlan> {
  const { id, terms } = await roomFor(context, args)
  const subject = context.services.presence.typing(id)
  return { kind: 'current', ...terms, everyMs: PRESENCE_PERIOD_MS, subject }
}
