import { describe, expect, test } from 'vitest'
import { beginTopics } from '../../src/engine/history/begin-topics.ts'
import type { UserId } from '../../src/engine/kernel/id.ts'
import { instant } from '../../src/engine/kernel/instant.ts'
import { asOffset } from '../../src/engine/kernel/position.ts'
import { asAnnouncementId } from '../../src/features/announcements/ids.ts'
import {
  readAnnouncements,
  readAnnouncementsInForce,
} from '../../src/features/announcements/reads/announcements.ts'
import { canSeeAnnouncement } from '../../src/features/announcements/rules/access.ts'
import {
  type Announcement,
  AUDIENCES,
  type Audience,
} from '../../src/features/announcements/rules/announcement.ts'
import { announcements } from '../../src/features/announcements/tables.ts'
import { auctionReads } from '../../src/features/auctions/batched-reads.ts'
import { asAuctionId } from '../../src/features/auctions/ids.ts'
import { messagesTopic } from '../../src/features/messages/topics.ts'
import { roomReads } from '../../src/features/rooms/batched-reads.ts'
import { asRoomId } from '../../src/features/rooms/ids.ts'
import { readRoomFacts } from '../../src/features/rooms/reads/room-facts.ts'
import { readRoom, readRooms } from '../../src/features/rooms/reads/rooms.ts'
import { type Caller, canSeeRoom } from '../../src/features/rooms/rules/access.ts'
import {
  type Membership,
  ROOM_KINDS,
  ROOM_VISIBILITIES,
  type Room,
  type RoomKind,
  type RoomVisibility,
} from '../../src/features/rooms/rules/room.ts'
import { members, rooms } from '../../src/features/rooms/tables.ts'
import { roomTopic } from '../../src/features/rooms/topics.ts'
import { callerOf } from '../../src/platform/auth/viewer.ts'
import { createFixture, viewer } from './fixtures.ts'

const BEFORE = instant(Date.UTC(2026, 0, 1))

const member = viewer('member')
const left = viewer('left')
const removed = viewer('removed')
const READERS = [
  null,
  viewer('stranger'),
  member,
  left,
  removed,
  viewer('moderator', 'MODERATOR'),
  viewer('admin', 'ADMIN'),
  viewer('service', 'SERVICE'),
  viewer('member', 'ADMIN'),
]

function room(kind: RoomKind, visibility: RoomVisibility): Room {
  return {
    id: asRoomId(`room_${kind}_${visibility}`),
    name: kind,
    kind,
    visibility,
    phase: 'LIVE',
    phaseSince: null,
    owner: null,
    createdAt: BEFORE,
    startsAt: null,
    endsAt: null,
    startedAt: BEFORE,
    endedAt: null,
    memberCount: 1,
    ranking: 'STANDARD',
    disclosure: 'OWN',
  }
}

const ROOMS = ROOM_KINDS.flatMap((kind) => ROOM_VISIBILITIES.map((visibility) => room(kind, visibility)))
const WHO: readonly (readonly [UserId, Membership['status']])[] = [
  [member.user.id, 'member'],
  [left.user.id, 'left'],
  [removed.user.id, 'removed'],
]

function announcement(audience: Audience, roomId: Room['id'] | null): Announcement {
  return {
    id: asAnnouncementId(`ann_${audience}_${roomId}`),
    audience,
    roomId,
    severity: 'INFO',
    title: audience,
    body: audience,
    publishedAt: BEFORE,
    expiresAt: null,
    retractedAt: null,
  }
}

const ANNOUNCEMENTS = [
  ...AUDIENCES.filter((audience) => audience !== 'ROOM').map((audience) => announcement(audience, null)),
  ...ROOMS.map(({ id }) => announcement('ROOM', id)),
]

/** Every kind of room with every visibility, each with one who is a member, one who left and one who was removed. */
async function everyRoom() {
  const all = await createFixture()
  const { database } = all.services
  await beginTopics(
    database,
    ROOMS.flatMap(({ id }) => [roomTopic(id), messagesTopic(id)]),
  )
  await database.insert(rooms).values([...ROOMS])
  await database.insert(members).values(
    ROOMS.flatMap(({ id }) =>
      WHO.map(([userId, status]) => {
        return { roomId: id, userId, userName: userId, status, role: 'MEMBER' as const, joinedAt: BEFORE }
      }),
    ),
  )
  await database
    .insert(announcements)
    .values(ANNOUNCEMENTS.map((each, index) => ({ ...each, offset: asOffset(index + 1) })))
  return all
}

function standingOf(caller: Caller): Membership | undefined {
  if (caller === null || caller.kind === 'system') return undefined
  const [, status] = WHO.find(([id]) => id === caller.person.id) ?? []
  if (status === undefined) return undefined
  return { user: caller.person, status, role: 'MEMBER', joinedAt: BEFORE, mutedUntil: null }
}

describe('what the database gives a reader', () => {
  test('are the rooms that the domain lets them see, whether read one by one or listed', async () => {
    const { services } = await everyRoom()
    for (const reader of READERS) {
      const caller = callerOf(reader)
      const seen = ROOMS.filter((each) => canSeeRoom(caller, each, standingOf(caller))).map(({ id }) => id)
      const listed = await readRooms(services.database, caller, { kind: null }, { after: null, limit: 100 })
      const own = listed.map((record) => record.room.id).filter((id) => id.startsWith('room_'))
      expect(own.sort()).toEqual([...seen].sort())
      for (const { id } of ROOMS) {
        const record = await readRoom(services.database, id, caller)
        expect(record?.room.id).toBe(seen.includes(id) ? id : undefined)
        expect(await services.get(roomReads).seesRoom({ roomId: id, caller })).toBe(seen.includes(id))
      }
    }
  })

  test('are those rooms also where many look at once, each for another, and by an auction in one', async () => {
    const { services } = await everyRoom()
    const lookers = READERS.flatMap((reader) => ROOMS.map((room) => ({ caller: callerOf(reader), room })))
    const roomSights = await Promise.all(
      lookers.map(({ caller, room }) => services.get(roomReads).seesRoom({ caller, roomId: room.id })),
    )
    const missing = await Promise.all([
      services.get(roomReads).seesRoom({ caller: null, roomId: asRoomId('nowhere') }),
      services.get(auctionReads).roomOfAuction({ caller: null, auctionId: asAuctionId('none') }),
    ])

    expect(roomSights).toEqual(
      lookers.map(({ caller, room }) => canSeeRoom(caller, room, standingOf(caller))),
    )
    expect(missing).toEqual([false, undefined])
  })

  test('are the announcements that the domain means for them', async () => {
    const { services } = await everyRoom()
    const { database } = services
    const facts = await readRoomFacts(
      database,
      ROOMS.map(({ id }) => id),
    )
    for (const reader of READERS) {
      const caller = callerOf(reader)
      const meant = ANNOUNCEMENTS.filter((each) => {
        const own = ROOMS.find(({ id }) => id === each.roomId)
        const standing = standingOf(caller)
        const memberships = new Map(standing === undefined ? [] : [[String(standing.user.id), standing]])
        return canSeeAnnouncement(caller, each, own && { room: own, memberships })
      })
      const ids = meant.map(({ id }) => id)
      const listed = await readAnnouncements(database, caller, { after: null, limit: 100 })
      expect(listed.map((record) => record.announcement.id)).toEqual([...ids].reverse())
      const { announcements: snapshot } = await readAnnouncementsInForce(database, caller, 1000)
      expect(snapshot).toEqual(meant)
      const live = ANNOUNCEMENTS.filter((each) =>
        canSeeAnnouncement(caller, each, each.roomId === null ? undefined : facts.get(each.roomId)),
      )
      expect(live).toEqual(meant)
    }
  })
})
