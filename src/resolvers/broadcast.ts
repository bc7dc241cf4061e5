import { isStorable } from '../engine/kernel/text.ts'
import type { Topic } from '../engine/kernel/topic.ts'
import type { AnnouncementId } from '../features/announcements/ids.ts'
import { canSeeAnnouncement } from '../features/announcements/rules/access.ts'
import { type Announcement, AUDIENCES, SEVERITIES } from '../features/announcements/rules/announcement.ts'
import { announcementsTopic } from '../features/announcements/topics.ts'
import { readRoomFacts } from '../features/rooms/reads/room-facts.ts'
import { callerOf, type Viewer } from '../platform/auth/viewer.ts'
import { type PublishAnnouncementInput, publishAnnouncement } from './announcement-mutations.ts'
import type { CallContext } from './context.ts'
import { rateLimited } from './errors.ts'
import { waitOf } from './rate.ts'
import type { Services } from './services.ts'

export type BroadcastAnswer =
  | {
      readonly kind: 'published'
      readonly announcementId: AnnouncementId
      /** Connections to this node that subscribe to announcements and whose viewer is in the audience. */
      readonly reached: number
    }
  | Invalid

interface Invalid {
  readonly kind: 'invalid'
  readonly reason: string
  /** The invalid member of the body, if any. */
  readonly field?: string | undefined
}

/** Number of connections to this node subscribed to a topic whose viewer matches the predicate. */
export type CountConnections = (topic: Topic, isMeant: (viewer: Viewer | null) => boolean) => number

const MEMBERS = ['audience', 'roomId', 'severity', 'title', 'body']

/**
 * Publishes the announcement in `body`, unvalidated JSON, like the mutation publishAnnouncement. Throws RATE_LIMITED.
 */
export async function broadcast(
  body: unknown,
  context: CallContext,
  countConnections: CountConnections,
): Promise<BroadcastAnswer> {
  const read = readBroadcast(body)
  if (read.kind === 'invalid') return read
  const waitMs = await waitOf(context)
  if (waitMs > 0) throw rateLimited(waitMs)
  const published = await publishAnnouncement(read.input, context)
  if (published.kind === 'rejected') {
    return { kind: 'invalid', reason: published.reason, field: published.field }
  }
  const { announcement } = published
  const isMeant = await audienceOf(announcement, context.services)
  const reached = countConnections(announcementsTopic, isMeant)
  return { kind: 'published', announcementId: announcement.id, reached }
}

async function audienceOf(
  announcement: Announcement,
  { database }: Services,
): Promise<(viewer: Viewer | null) => boolean> {
  const { roomId } = announcement
  const room = roomId === null ? undefined : (await readRoomFacts(database, [roomId])).get(roomId)
  return (viewer) => canSeeAnnouncement(callerOf(viewer), announcement, room)
}

function readBroadcast(
  body: unknown,
): { readonly kind: 'read'; readonly input: PublishAnnouncementInput } | Invalid {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return invalid('The body must be an object: {"audience", "roomId"?, "severity"?, "title", "body"}.')
  }
  const given = new Map<string, unknown>(Object.entries(body))
  for (const name of given.keys()) {
    if (!MEMBERS.includes(name)) return invalid(`Unknown member "${name}". Use ${MEMBERS.join(', ')}.`, name)
  }
  const audience = AUDIENCES.find((known) => known === given.get('audience'))
  if (audience === undefined) return invalid(`"audience" must be ${oneOf(AUDIENCES)}.`, 'audience')
  const severity = SEVERITIES.find((known) => known === (given.get('severity') ?? 'INFO'))
  if (severity === undefined) return invalid(`"severity" must be ${oneOf(SEVERITIES)}.`, 'severity')
  const roomId = given.get('roomId') ?? null
  if (roomId !== null && (typeof roomId !== 'string' || !isStorable(roomId))) {
    return invalid('"roomId" must be the id of a room.', 'roomId')
  }
  const [title, text] = [given.get('title'), given.get('body')]
  if (typeof title !== 'string') return invalid('"title" must be a string.', 'title')
  if (typeof text !== 'string') return invalid('"body" must be a string.', 'body')
  return { kind: 'read', input: { audience, roomId, severity, title, body: text } }
}

function invalid(reason: string, field?: string): Invalid {
  return { kind: 'invalid', reason, field }
}

function oneOf(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}
