import { eq, inArray } from 'drizzle-orm'
import { type Aggregate, type RecordedEvent, SAVED } from '../../engine/commands/aggregate.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { actorsOf, loadRoomFacts } from '../rooms/facts.ts'
import type { RoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import type { AnnouncementId } from './ids.ts'
import type { Announcement } from './rules/announcement.ts'
import type { AnnouncementCommand, AnnouncementReply } from './rules/command.ts'
import { decideAnnouncement } from './rules/decide.ts'
import type { AnnouncementEvent } from './rules/event.ts'
import { evolveAnnouncements } from './rules/evolve.ts'
import { announcements } from './tables.ts'

interface State {
  /** Only those that the commands name. */
  readonly announcements: ReadonlyMap<AnnouncementId, Announcement>
  readonly rooms: ReadonlyMap<RoomId, RoomFacts>
}

export const announcementsAggregate: Aggregate<
  AnnouncementCommand,
  AnnouncementReply,
  State,
  AnnouncementEvent,
  Announcement
> = {
  topicsBegunBy: () => [],

  async load(tx, { commands }) {
    const ids = commands.flatMap(({ body }) => (body.kind === 'retract' ? body.id : []))
    const named = await loadNamed(tx, ids)
    const roomIds = [
      ...named.map(({ roomId }) => roomId),
      ...commands.map(({ body }) => (body.kind === 'publish' ? body.roomId : null)),
    ].filter((id) => id !== null)
    const rooms = new Map<RoomId, RoomFacts>()
    for (const id of new Set(roomIds)) {
      const facts = await loadRoomFacts(tx, id, actorsOf(commands))
      if (facts !== undefined) rooms.set(id, facts)
    }
    return { announcements: new Map(named.map((each) => [each.id, each])), rooms }
  },

  decide(state, { actor, body }, { now }) {
    const announcement = body.kind === 'retract' ? state.announcements.get(body.id) : undefined
    const roomId = body.kind === 'publish' ? body.roomId : (announcement?.roomId ?? null)
    const room = roomId === null ? undefined : state.rooms.get(roomId)
    return decideAnnouncement(body, { now, actor, room, announcement })
  },

  evolve: (state, event) => ({ ...state, announcements: evolveAnnouncements(state.announcements, event) }),

  entryOf: ({ type, announcement }) => ({ type, data: { announcement } }),

  async save(tx, { steps }) {
    for (const step of steps) await saveStep(tx, step)
    return SAVED
  },

  viewOf(after, { announcementId }) {
    const announcement = after.announcements.get(announcementId)
    if (announcement === undefined) throw new RangeError('an accepted command names an announcement')
    return announcement
  },
}

async function loadNamed(tx: Transaction, ids: readonly AnnouncementId[]): Promise<readonly Announcement[]> {
  if (ids.length === 0) return []
  const rows = await tx
    .select()
    .from(announcements)
    .where(inArray(announcements.id, [...ids]))
  return rows.map(({ offset: _offset, ...announcement }) => announcement)
}

async function saveStep(tx: Transaction, { event, offset }: RecordedEvent<AnnouncementEvent>): Promise<void> {
  const { announcement } = event
  if (event.type === 'AnnouncementRetracted') {
    const { retractedAt } = announcement
    await tx.update(announcements).set({ retractedAt }).where(eq(announcements.id, announcement.id))
  } else if (offset !== null) await tx.insert(announcements).values({ ...announcement, offset })
}
