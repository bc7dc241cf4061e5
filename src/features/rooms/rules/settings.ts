import { hasRole } from '../../../engine/kernel/actor.ts'
import { CURRENCY_RULE, chooseExponent, isCurrency } from '../../../engine/kernel/currency.ts'
import { forbid } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { lengthRule, nameWithin } from '../../../engine/kernel/text.ts'
import { canModerate } from './access.ts'
import { isBuiltIn } from './built-in.ts'
import type { RoomCommand } from './command.ts'
import { accepted, type RoomContext, type RoomDecision, type UserActor } from './context.ts'
import { isTooFarAhead, type OwnedRooms, TOO_FAR_AHEAD } from './quota.ts'
import { reject } from './rejections.ts'
import type { Membership, Room } from './room.ts'

export const MAX_NAME = 200

type CreateRoom = Extract<RoomCommand, { readonly kind: 'create' }>
type UpdateRoom = Extract<RoomCommand, { readonly kind: 'update' }>
type Rejected = Exclude<RoomDecision, { readonly kind: 'accepted' }>

const HOUR_MS = 3_600_000

/** Why the actor may not create another room; undefined if the quota allows it or does not apply. */
export function faultOfQuota({ quota }: CreateRoom, owned: OwnedRooms | undefined): Rejected | undefined {
  if (quota === undefined || owned === undefined) return undefined
  if (owned.open >= quota.open) {
    const reason = `You own ${owned.open} rooms that have not ended, the maximum per user. End some first.`
    return reject('INVALID_INPUT', reason)
  }
  if (owned.ofLastHour < quota.perHour) return undefined
  const reason = `You created ${owned.ofLastHour} rooms within an hour, the maximum per user. Try again later.`
  return reject('RATE_LIMITED', reason, { retryAfterMs: HOUR_MS })
}

/** A new room with `actor` as its OWNER and first member: LIVE, or SCHEDULED if it starts in the future. */
export function createRoom(command: CreateRoom, actor: UserActor, now: Instant): RoomDecision {
  const { id, roomKind: kind, visibility, startsAt, endsAt, ranking, disclosure } = command
  if (kind === 'DIRECT') {
    return reject('INVALID_INPUT', 'A direct room is opened, not created.', { field: 'kind' })
  }
  if ((kind === 'LOBBY' || visibility === 'ADMIN') && !hasRole(actor, 'ADMIN')) {
    return forbid('Only administrators can create lobbies and admin-only rooms.')
  }
  const name = nameWithin(command.name, MAX_NAME)
  if (name === undefined) return rejectName()

  const isScheduled = startsAt !== null && now < startsAt
  const start = isScheduled ? startsAt : now
  if (endsAt !== null && endsAt <= start) {
    return reject('INVALID_INPUT', 'A room must end after it starts.', { field: 'endsAt' })
  }
  const late = faultOfDistance(command, now)
  if (late !== undefined) return late

  const money = currencyOf(command)
  if (money.kind === 'rejected') return money

  const owner: Membership = {
    user: actor.person,
    status: 'member',
    role: 'OWNER',
    joinedAt: now,
    mutedUntil: null,
  }
  const room: Room = {
    id,
    name,
    kind,
    visibility,
    phase: isScheduled ? 'SCHEDULED' : 'LIVE',
    phaseSince: now,
    owner: actor.person,
    createdAt: now,
    startsAt,
    endsAt,
    startedAt: isScheduled ? null : now,
    endedAt: null,
    memberCount: 1,
    ranking,
    disclosure,
    currency: money.currency,
    currencyExponent: money.currencyExponent,
  }
  return accepted(room, { type: 'RoomCreated', room, members: [owner] })
}

interface RoomCurrency {
  readonly kind: 'currency'
  readonly currency: string | null
  readonly currencyExponent: number | null
}

/** The currency of a new room's amounts: only TRADE rooms have one. */
function currencyOf({
  roomKind,
  currency,
  currencyExponent,
}: CreateRoom): RoomCurrency | ReturnType<typeof reject> {
  if (currency === undefined) {
    if (currencyExponent === undefined) return { kind: 'currency', currency: null, currencyExponent: null }
    return reject('INVALID_INPUT', 'An exponent requires a currency.', { field: 'currencyExponent' })
  }
  if (roomKind !== 'TRADE') {
    return reject('INVALID_INPUT', 'Only TRADE rooms have a currency.', { field: 'currency' })
  }
  if (!isCurrency(currency)) return reject('INVALID_INPUT', CURRENCY_RULE, { field: 'currency' })
  const choice = chooseExponent(currency, currencyExponent)
  if (choice.kind === 'fault') return reject('INVALID_INPUT', choice.reason, { field: 'currencyExponent' })
  return { kind: 'currency', currency, currencyExponent: choice.exponent }
}

/** Checks only changed fields, so that repeating an update is accepted however much time has passed since the first. */
export function updateRoom(command: UpdateRoom, context: RoomContext): RoomDecision {
  const { room, actor, own, now } = context
  if (!canModerate(actor, own)) return forbid('Only moderators of a room can change it.')
  const name = command.name === undefined ? room.name : nameWithin(command.name, MAX_NAME)
  if (name === undefined) return rejectName()

  const updated: Room = {
    ...room,
    name,
    visibility: command.visibility ?? room.visibility,
    startsAt: command.startsAt === undefined ? room.startsAt : command.startsAt,
    endsAt: command.endsAt === undefined ? room.endsAt : command.endsAt,
  }
  const isNewVisibility = updated.visibility !== room.visibility
  const isNewTime = updated.startsAt !== room.startsAt || updated.endsAt !== room.endsAt
  if (name === room.name && !isNewVisibility && !isNewTime) return accepted(room)

  if (room.phase === 'ENDED') return reject('INVALID_TRANSITION', 'A room that has ended cannot be changed.')
  if (room.kind === 'DIRECT') return reject('INVALID_TRANSITION', 'A direct room cannot be changed.')
  if (isBuiltIn(room) && name !== room.name) {
    return reject('INVALID_TRANSITION', 'A built-in room keeps its name.', { field: 'name' })
  }
  if (isBuiltIn(room) && updated.endsAt !== room.endsAt) {
    return reject('INVALID_TRANSITION', 'A built-in room never ends.', { field: 'endsAt' })
  }
  if (isNewVisibility && updated.visibility === 'ADMIN' && !hasRole(actor, 'ADMIN')) {
    return forbid('Only administrators can make a room admin-only.')
  }
  return faultOfTimes(room, updated, now) ?? accepted(room, { type: 'RoomUpdated', room: updated })
}

function faultOfTimes(room: Room, updated: Room, now: Instant): Rejected | undefined {
  const { startsAt, endsAt } = updated
  const isNewStart = startsAt !== room.startsAt
  const isNewEnd = endsAt !== room.endsAt
  const late = faultOfDistance(
    { startsAt: isNewStart ? startsAt : null, endsAt: isNewEnd ? endsAt : null },
    now,
  )
  if (late !== undefined) return late
  if (isNewStart && room.phase !== 'SCHEDULED') {
    return reject('INVALID_TRANSITION', 'The room has already started.', { field: 'startsAt' })
  }
  if (isNewStart && startsAt !== null && startsAt <= now) {
    return reject('INVALID_INPUT', 'The start must be in the future.', { field: 'startsAt' })
  }
  if (isNewEnd && endsAt !== null && endsAt <= now) {
    return reject('INVALID_INPUT', 'The end must be in the future.', { field: 'endsAt' })
  }
  if ((isNewStart || isNewEnd) && startsAt !== null && endsAt !== null && endsAt <= startsAt) {
    const field = isNewEnd ? 'endsAt' : 'startsAt'
    return reject('INVALID_INPUT', 'A room must end after it starts.', { field })
  }
  return undefined
}

function faultOfDistance(
  { startsAt, endsAt }: Pick<Room, 'startsAt' | 'endsAt'>,
  now: Instant,
): Rejected | undefined {
  if (isTooFarAhead(startsAt, now)) return reject('INVALID_INPUT', TOO_FAR_AHEAD, { field: 'startsAt' })
  if (isTooFarAhead(endsAt, now)) return reject('INVALID_INPUT', TOO_FAR_AHEAD, { field: 'endsAt' })
  return undefined
}

function rejectName(): Rejected {
  return reject('INVALID_INPUT', `A room's name has ${lengthRule(MAX_NAME)}.`, { field: 'name' })
}
