import type { Outcome } from '../engine/commands/command.ts'
import { SYSTEM } from '../engine/kernel/actor.ts'
import { type Cursor, encodeCursor } from '../engine/kernel/cursor.ts'
import type { Instant } from '../engine/kernel/instant.ts'
import { announcementFamily } from '../features/announcements/family.ts'
import { asAnnouncementId, newAnnouncementId } from '../features/announcements/ids.ts'
import { readAnnouncement } from '../features/announcements/reads/announcements.ts'
import type { Announcement, Audience, Severity } from '../features/announcements/rules/announcement.ts'
import type { AnnouncementCommand, AnnouncementReply } from '../features/announcements/rules/command.ts'
import { announcementsTopic } from '../features/announcements/topics.ts'
import { asRoomId } from '../features/rooms/ids.ts'
import type { CallContext } from './context.ts'
import { notFoundResult, type RejectedResult, readKey, refusalOf } from './result.ts'
import type { Services } from './services.ts'
import { actorIn } from './signed-in.ts'

export interface AnnouncementPayload {
  readonly kind: 'accepted'
  readonly announcement: Announcement
  readonly cursor: Cursor
}

export type AnnouncementResult = AnnouncementPayload | RejectedResult

export interface PublishAnnouncementInput {
  readonly audience: Audience
  readonly roomId?: string | null | undefined
  readonly severity?: Severity | null | undefined
  readonly title: string
  readonly body: string
  readonly expiresAt?: Instant | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export async function publishAnnouncement(
  input: PublishAnnouncementInput,
  context: CallContext,
): Promise<AnnouncementResult> {
  const actor = actorIn(context)
  const reading = readKey('publishAnnouncement', input)
  if (reading.kind === 'rejected') return reading
  const { audience, title, body } = input
  const command: AnnouncementCommand = {
    kind: 'publish',
    id: newAnnouncementId(),
    audience,
    roomId: typeof input.roomId === 'string' ? asRoomId(input.roomId) : null,
    severity: input.severity ?? 'INFO',
    title,
    body,
    expiresAt: input.expiresAt ?? null,
  }
  const outcome = await context.services.dispatch(announcementFamily, null, actor, command, reading.key)
  return announcementPayload(context.services, outcome)
}

export async function retractAnnouncement(
  args: { readonly announcementId: string },
  context: CallContext,
): Promise<AnnouncementResult> {
  const actor = actorIn(context)
  const command: AnnouncementCommand = { kind: 'retract', id: asAnnouncementId(args.announcementId) }
  const outcome = await context.services.dispatch(announcementFamily, null, actor, command)
  return announcementPayload(context.services, outcome)
}

/** The publisher need not be in the audience: a retry shows what the first answer showed. */
async function announcementPayload(
  { database }: Services,
  outcome: Outcome<AnnouncementReply, Announcement>,
): Promise<AnnouncementResult> {
  if (outcome.kind !== 'accepted') return refusalOf(outcome)
  const { reply, position, state } = outcome
  const announcement = state ?? (await readAnnouncement(database, reply.announcementId, SYSTEM))
  if (announcement === undefined) return notFoundResult()
  return { kind: 'accepted', announcement, cursor: encodeCursor(announcementsTopic, position) }
}
