import type { Actor } from '../../../engine/kernel/actor.ts'
import { accept, type Decision, forbid, reject } from '../../../engine/kernel/decision.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { lengthRule, nameWithin, trimmedWithin } from '../../../engine/kernel/text.ts'
import { isTooFarAhead, TOO_FAR_AHEAD } from '../../rooms/rules/quota.ts'
import type { RoomFacts } from '../../rooms/rules/room.ts'
import type { AnnouncementId } from '../ids.ts'
import { canAnnounce, canSeeAnnouncement, seesRoom } from './access.ts'
import type { Announcement } from './announcement.ts'
import type { AnnouncementCommand, AnnouncementReply } from './command.ts'
import type { AnnouncementEvent } from './event.ts'

const MAX_TITLE = 200
const MAX_BODY = 4000

export type AnnouncementDecision = Decision<AnnouncementEvent, AnnouncementReply>

export interface AnnouncementContext {
  readonly now: Instant
  readonly actor: Actor
  /** The room that the command, or the announcement it names, addresses; undefined if there is none. */
  readonly room: RoomFacts | undefined
  /** The announcement that a retract command names. */
  readonly announcement: Announcement | undefined
}

type CommandOf<Kind extends AnnouncementCommand['kind']> = Extract<
  AnnouncementCommand,
  { readonly kind: Kind }
>

/** Decides one announcement command. Only users send these commands. */
export function decideAnnouncement(
  command: AnnouncementCommand,
  context: AnnouncementContext,
): AnnouncementDecision {
  if (context.actor.kind === 'system') return forbid('The server itself cannot publish announcements.')
  switch (command.kind) {
    case 'publish':
      return publish(command, context)
    case 'retract':
      return retract(command, context)
  }
}

function publish(command: CommandOf<'publish'>, context: AnnouncementContext): AnnouncementDecision {
  const { now, actor, room } = context
  const { id, audience, roomId, severity, expiresAt } = command
  const isForRoom = audience === 'ROOM'
  if (isForRoom !== (roomId !== null)) {
    const reason = isForRoom ? 'The audience ROOM needs a room.' : 'Only the audience ROOM has a room.'
    return reject('INVALID_INPUT', reason, { field: 'roomId' })
  }
  if (isForRoom && !seesRoom(actor, room)) {
    return reject('NOT_FOUND', 'Room not found.', { field: 'roomId' })
  }
  if (!canAnnounce(actor, audience, room)) return forbid('You may not publish to this audience.')

  const title = nameWithin(command.title, MAX_TITLE)
  if (title === undefined) {
    return reject('INVALID_INPUT', `A title has ${lengthRule(MAX_TITLE)}.`, { field: 'title' })
  }
  const body = trimmedWithin(command.body, MAX_BODY)
  if (body === undefined) {
    return reject('INVALID_INPUT', `A body has ${lengthRule(MAX_BODY)}.`, { field: 'body' })
  }
  if (expiresAt !== null && expiresAt <= now) {
    return reject('INVALID_INPUT', 'An announcement must expire in the future.', { field: 'expiresAt' })
  }
  if (isTooFarAhead(expiresAt, now)) return reject('INVALID_INPUT', TOO_FAR_AHEAD, { field: 'expiresAt' })
  const announcement: Announcement = {
    id,
    audience,
    roomId,
    severity,
    title,
    body,
    publishedAt: now,
    expiresAt,
    retractedAt: null,
  }
  return accepted(id, { type: 'AnnouncementPublished', announcement })
}

function retract(command: CommandOf<'retract'>, context: AnnouncementContext): AnnouncementDecision {
  const { now, actor, room, announcement } = context
  if (announcement === undefined) return rejectAnnouncement()
  if (!canAnnounce(actor, announcement.audience, room)) {
    return canSeeAnnouncement(actor, announcement, room)
      ? forbid('Only users who may publish to its audience can retract an announcement.')
      : rejectAnnouncement()
  }
  if (announcement.retractedAt !== null) return accepted(command.id)
  const retracted: Announcement = { ...announcement, retractedAt: now }
  return accepted(command.id, { type: 'AnnouncementRetracted', announcement: retracted })
}

function accepted(
  announcementId: AnnouncementId,
  ...events: readonly AnnouncementEvent[]
): AnnouncementDecision {
  return accept(events, { announcementId })
}

function rejectAnnouncement(): AnnouncementDecision {
  return reject('NOT_FOUND', 'Announcement not found.', { field: 'announcementId' })
}
