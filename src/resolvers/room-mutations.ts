import type { IdempotencyKey, Outcome } from '../engine/commands/command.ts'
import { signedIn } from '../engine/hub/plan-context.ts'
import type { Actor } from '../engine/kernel/actor.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import { asUserId, isUserId, type UserId, userIdRule } from '../engine/kernel/id.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import { type Person, personNamed } from '../engine/kernel/person.ts'
import { roomReads } from '../features/rooms/batched-reads.ts'
import { roomFamily } from '../features/rooms/family.ts'
import { asRoomId, directRoomId, newRoomId } from '../features/rooms/ids.ts'
import { readRoom } from '../features/rooms/reads/rooms.ts'
import { isMuted } from '../features/rooms/rules/access.ts'
import type { RoomCommand, RoomReply } from '../features/rooms/rules/command.ts'
import type {
  MemberRole,
  RankingMethod,
  RoomFacts,
  RoomKind,
  RoomVisibility,
  TradeDisclosure,
} from '../features/rooms/rules/room.ts'
import { roomTopic } from '../features/rooms/topics.ts'
import {
  type MemberView,
  memberAfterCommand,
  type RoomView,
  roomAfterCommand,
  roomOfRecord,
} from '../features/rooms/view.ts'
import { ensureUser } from '../features/users/users.ts'
import { followPhase, voidBidsOf } from './auctions-of-room.ts'
import type { CallContext } from './context.ts'
import { findKnownUser } from './known-users.ts'
import { contactsRefusal, directRoomRefusal, roomQuotaOf } from './quotas.ts'
import { notFoundResult, type RejectedResult, readKey, refusalOf, rejected } from './result.ts'
import type { Services } from './services.ts'
import { actorIn } from './signed-in.ts'

export interface RoomPayload {
  readonly kind: 'accepted'
  readonly room: RoomView
  readonly cursor: Cursor
}

export interface MembershipPayload extends RoomPayload {
  /** Null if the user is not a member (any more). */
  readonly membership: MemberView | null
}

export type RoomResult = RoomPayload | RejectedResult
export type MembershipResult = MembershipPayload | RejectedResult

type RoomOutcome = Outcome<RoomReply, RoomFacts>

export interface CreateRoomInput {
  readonly name: string
  readonly kind: RoomKind
  readonly visibility: RoomVisibility
  readonly startsAt?: Instant | null | undefined
  readonly endsAt?: Instant | null | undefined
  readonly ranking?: RankingMethod | null | undefined
  readonly disclosure?: TradeDisclosure | null | undefined
  readonly currency?: string | null | undefined
  readonly currencyExponent?: number | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export async function createRoom(input: CreateRoomInput, context: CallContext): Promise<RoomResult> {
  const actor = actorIn(context)
  const reading = readKey('createRoom', input)
  if (reading.kind === 'rejected') return reading
  const id = newRoomId()
  const body: RoomCommand = {
    kind: 'create',
    id,
    name: input.name,
    roomKind: input.kind,
    visibility: input.visibility,
    startsAt: input.startsAt ?? null,
    endsAt: input.endsAt ?? null,
    ranking: input.ranking ?? 'STANDARD',
    disclosure: input.disclosure ?? 'OWN',
    currency: input.currency ?? undefined,
    currencyExponent: input.currencyExponent ?? undefined,
    quota: roomQuotaOf(context),
  }
  return giveRoomCommand(context, id, actor, body, reading.key)
}

/** The room of the caller and another user, created if they have none. */
export async function openDirectRoom(
  args: { readonly userId: string },
  context: CallContext,
): Promise<RoomResult> {
  const { user } = signedIn(context)
  const userId = asUserId(args.userId)
  const target = userId === user.id ? user : await findKnownUser(context.services, userId)
  if (target === undefined) return notFoundResult('userId')
  const id = directRoomId(user.id, userId)
  // Reopening an existing direct room does not count as a contact.
  const isNew = !(await context.services.get(roomReads).seesRoom({ roomId: id, caller: actorIn(context) }))
  const refusal = isNew ? await directRoomRefusal(context) : undefined
  if (refusal !== undefined) return refusal
  return giveRoomCommand(context, id, actorIn(context), { kind: 'open', id, target })
}

export interface UpdateRoomInput {
  readonly roomId: string
  readonly name?: string | null | undefined
  readonly visibility?: RoomVisibility | null | undefined
  readonly startsAt?: Instant | null | undefined
  readonly endsAt?: Instant | null | undefined
}

/** Omitted fields stay unchanged. Null clears an instant; name and visibility cannot be cleared. */
export async function updateRoom(input: UpdateRoomInput, context: CallContext): Promise<RoomResult> {
  const body: RoomCommand = {
    kind: 'update',
    name: input.name ?? undefined,
    visibility: input.visibility ?? undefined,
    startsAt: input.startsAt,
    endsAt: input.endsAt,
  }
  return giveRoomCommand(context, input.roomId, actorIn(context), body)
}

/** Resolves once the room's auctions have followed: queries show them opened, paused, resumed or ended. */
export function changePhase(
  kind: 'start' | 'pause' | 'resume' | 'end',
): (args: { readonly roomId: string }, context: CallContext) => Promise<RoomResult> {
  return async (args, context) => {
    const { services } = context
    const actor = actorIn(context)
    const roomId = asRoomId(args.roomId)
    // If the node died before its auctions followed a pause, they would never learn of it once the room has resumed.
    if (kind === 'resume') await followPhase(services, roomId)
    const result = await giveRoomCommand(context, roomId, actor, { kind })
    if (result.kind === 'accepted') await followPhase(services, roomId)
    return result
  }
}

export function changeOwnMembership(
  kind: 'join' | 'leave',
): (args: { readonly roomId: string }, context: CallContext) => Promise<MembershipResult> {
  return async (args, context) => giveMemberCommand(context, args.roomId, signedIn(context).user.id, { kind })
}

export interface AddMemberArgs {
  readonly roomId: string
  readonly userId: string
  readonly role?: MemberRole | null | undefined
}

/** May name an unknown user, who is created only once the command is accepted. */
export async function addMember(args: AddMemberArgs, context: CallContext): Promise<MembershipResult> {
  signedIn(context)
  if (!isUserId(args.userId)) return rejected('INVALID_INPUT', `A user's id ${userIdRule()}.`, 'userId')
  const refusal = await contactsRefusal(context, 1)
  if (refusal !== undefined) return refusal
  const userId = asUserId(args.userId)
  const known = await findKnownUser(context.services, userId)
  const target = known ?? personNamed(userId)
  const body: RoomCommand = { kind: 'add', target, role: args.role ?? 'MEMBER' }
  const result = await giveMemberCommand(context, args.roomId, userId, body)
  if (result.kind === 'accepted' && known === undefined) await ensureUser(context.services.database, userId)
  return result
}

export interface RemoveMemberArgs {
  readonly roomId: string
  readonly userId: string
  readonly reason?: string | null | undefined
  readonly voidBids?: boolean | null | undefined
}

/** Voids bids after the removal, which prevents new ones. A retry voids what an interrupted call left. */
export async function removeMember(args: RemoveMemberArgs, context: CallContext): Promise<MembershipResult> {
  signedIn(context)
  const userId = asUserId(args.userId)
  const known = await findKnownUser(context.services, userId)
  const target = known ?? personNamed(userId)
  const reason = args.reason ?? null
  const body: RoomCommand = { kind: 'remove', target, isKnown: known !== undefined, reason }
  const result = await giveMemberCommand(context, args.roomId, target.id, body)
  if (result.kind === 'accepted' && args.voidBids === true) {
    await voidBidsOf(context, result.room.id, target.id, reason)
  }
  return result
}

export interface MuteMemberArgs {
  readonly roomId: string
  readonly userId: string
  readonly until?: Instant | null | undefined
}

export async function muteMember(args: MuteMemberArgs, context: CallContext): Promise<MembershipResult> {
  signedIn(context)
  const target = await personOf(context.services, asUserId(args.userId))
  const body: RoomCommand = { kind: 'mute', target, until: args.until ?? null }
  return giveMemberCommand(context, args.roomId, target.id, body)
}

/** An unknown user was never in the room, which the decider rejects. */
async function personOf(services: Services, id: UserId): Promise<Person> {
  return (await findKnownUser(services, id)) ?? personNamed(id)
}

async function giveRoomCommand(
  { services }: CallContext,
  roomId: string,
  actor: Actor,
  body: RoomCommand,
  key?: IdempotencyKey,
): Promise<RoomResult> {
  const outcome = await services.dispatch(roomFamily, asRoomId(roomId), actor, body, key)
  return roomPayload(services, actor, outcome)
}

async function giveMemberCommand(
  context: CallContext,
  roomId: string,
  userId: UserId,
  body: RoomCommand,
): Promise<MembershipResult> {
  const { services } = context
  const actor = actorIn(context)
  const id = asRoomId(roomId)
  const outcome = await services.dispatch(roomFamily, id, actor, body)
  const payload = await roomPayload(services, actor, outcome)
  if (payload.kind === 'rejected') return payload
  const held = outcome.kind === 'accepted' ? outcome.state?.memberships.get(userId) : undefined
  const isMember = held?.status === 'member'
  if (outcome.kind === 'accepted' && (!isMember || isMuted(held, outcome.at))) {
    services.presence.silence(id, userId)
  }
  return { ...payload, membership: isMember ? memberAfterCommand(services.get(roomReads), id, held) : null }
}

async function roomPayload(services: Services, actor: Actor, outcome: RoomOutcome): Promise<RoomResult> {
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const { reply, position, state } = outcome
  const cursor = encodeCursor(roomTopic(reply.roomId), position)
  if (state !== undefined) {
    return { kind: 'accepted', room: roomAfterCommand(services.get(roomReads), state.room, position), cursor }
  }
  const record = await readRoom(services.database, reply.roomId, actor)
  if (record === undefined) return notFoundResult()
  return { kind: 'accepted', room: roomOfRecord(record), cursor }
}
