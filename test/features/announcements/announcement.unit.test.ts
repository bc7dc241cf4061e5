import { describe, expect, test } from 'vitest'
import { type Actor, SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { type AnnouncementId, asAnnouncementId } from '../../../src/features/announcements/ids.ts'
import { canSeeAnnouncement, isInForce } from '../../../src/features/announcements/rules/access.ts'
import type { Announcement } from '../../../src/features/announcements/rules/announcement.ts'
import type { AnnouncementCommand } from '../../../src/features/announcements/rules/command.ts'
import {
  type AnnouncementContext,
  decideAnnouncement,
} from '../../../src/features/announcements/rules/decide.ts'
import { evolveAnnouncements } from '../../../src/features/announcements/rules/evolve.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import type { Caller } from '../../../src/features/rooms/rules/access.ts'
import {
  admin,
  directRoom,
  eventsOf,
  inMinutes,
  max,
  mia,
  molly,
  NOW,
  olga,
  roomWith,
  service,
  stranger,
  tokenModerator,
  verdictOf,
} from '../rooms/room.fixture.ts'

const standing: Announcement = {
  id: asAnnouncementId('ann_1'),
  audience: 'GLOBAL',
  roomId: null,
  severity: 'INFO',
  title: 'Maintenance',
  body: 'Tonight at ten.',
  publishedAt: NOW,
  expiresAt: null,
  retractedAt: null,
}
const ofRoom: Announcement = { ...standing, audience: 'ROOM', roomId: asRoomId('room_1') }
const hidden = roomWith({ visibility: 'MEMBERS' })

const publish = (
  change: Partial<Extract<AnnouncementCommand, { kind: 'publish' }>> = {},
): AnnouncementCommand => ({
  kind: 'publish',
  id: standing.id,
  audience: 'GLOBAL',
  roomId: null,
  severity: 'INFO',
  title: standing.title,
  body: standing.body,
  expiresAt: null,
  ...change,
})
const publishToRoom = publish({ audience: 'ROOM', roomId: asRoomId('room_1') })
const retract: AnnouncementCommand = { kind: 'retract', id: standing.id }

const decide = (actor: Actor, command: AnnouncementCommand, context: Partial<AnnouncementContext> = {}) =>
  decideAnnouncement(command, { now: NOW, actor, room: undefined, announcement: undefined, ...context })

const verdict = (actor: Actor, command: AnnouncementCommand, context: Partial<AnnouncementContext> = {}) =>
  verdictOf(decide(actor, command, context))

const events = (actor: Actor, command: AnnouncementCommand, context: Partial<AnnouncementContext> = {}) =>
  eventsOf(decide(actor, command, context))

describe('publishing', () => {
  test('makes an announcement that is in force', () => {
    const command = publish({ severity: 'CRITICAL', expiresAt: inMinutes(5) })
    const announcement = { ...standing, severity: 'CRITICAL', expiresAt: inMinutes(5) }
    expect(events(admin, command)).toEqual([{ type: 'AnnouncementPublished', announcement }])
    expect(decide(admin, command)).toMatchObject({ reply: { announcementId: standing.id } })
  })

  test('to a room names the room', () => {
    const made = events(olga, publishToRoom, { room: roomWith() })
    expect(made).toEqual([{ type: 'AnnouncementPublished', announcement: ofRoom }])
  })

  test.each(['GLOBAL', 'AUTHENTICATED', 'ADMIN'] as const)(
    'to %s is for administrators and services',
    (audience) => {
      for (const actor of [admin, service]) expect(verdict(actor, publish({ audience }))).toBe('ACCEPTED')
      for (const actor of [olga, tokenModerator])
        expect(verdict(actor, publish({ audience }))).toBe('FORBIDDEN')
    },
  )

  test('to a room is for those who moderate it, administrators and services', () => {
    for (const actor of [olga, molly, tokenModerator, admin, service]) {
      expect(verdict(actor, publishToRoom, { room: roomWith() })).toBe('ACCEPTED')
    }
    for (const actor of [mia, stranger]) {
      expect(verdict(actor, publishToRoom, { room: roomWith() })).toBe('FORBIDDEN')
    }
  })

  test('to a room that the actor does not see finds none', () => {
    expect(verdict(admin, publishToRoom)).toBe('NOT_FOUND roomId')
    for (const actor of [stranger, tokenModerator]) {
      expect(verdict(actor, publishToRoom, { room: hidden })).toBe('NOT_FOUND roomId')
    }
    for (const actor of [admin, service]) {
      expect(verdict(actor, publishToRoom, { room: directRoom(mia, max) })).toBe('NOT_FOUND roomId')
    }
    const forAdmins = roomWith({ visibility: 'ADMIN' })
    expect(verdict(service, publishToRoom, { room: forAdmins })).toBe('NOT_FOUND roomId')
  })

  test('to a direct room is not for its two', () => {
    expect(verdict(mia, publishToRoom, { room: directRoom(mia, max) })).toBe('FORBIDDEN')
  })

  test('to ROOM needs a room', () => {
    expect(verdict(admin, publish({ audience: 'ROOM' }))).toBe('INVALID_INPUT roomId')
  })

  test.each(['GLOBAL', 'AUTHENTICATED', 'ADMIN'] as const)('to %s takes no room', (audience) => {
    const command = publish({ audience, roomId: asRoomId('room_1') })
    expect(verdict(admin, command, { room: roomWith() })).toBe('INVALID_INPUT roomId')
  })

  test.each(['', ' ', '\u200b', '\u2800\u3164', 'x'.repeat(201), 'a\u0000b'])(
    'refuses the title %j',
    (title) => {
      expect(verdict(admin, publish({ title }))).toBe('INVALID_INPUT title')
    },
  )

  test.each(['', ' ', '\u200d', 'x'.repeat(4001), 'a\u0000b'])('refuses a body it cannot keep', (body) => {
    expect(verdict(admin, publish({ body }))).toBe('INVALID_INPUT body')
  })

  test('stores title and body trimmed', () => {
    const made = events(admin, publish({ title: ' Maintenance\n', body: ` ${'x'.repeat(4000)} ` }))
    expect(made).toMatchObject([{ announcement: { title: 'Maintenance', body: 'x'.repeat(4000) } }])
  })

  test.each([NOW, inMinutes(-1)])('refuses an end that is not ahead: %o', (expiresAt) => {
    expect(verdict(admin, publish({ expiresAt }))).toBe('INVALID_INPUT expiresAt')
  })
})

describe('retracting', () => {
  test('notes when and keeps the rest', () => {
    expect(events(admin, retract, { announcement: standing })).toEqual([
      { type: 'AnnouncementRetracted', announcement: { ...standing, retractedAt: NOW } },
    ])
    expect(decide(admin, retract, { announcement: standing })).toMatchObject({
      reply: { announcementId: standing.id },
    })
  })

  test.each(['GLOBAL', 'AUTHENTICATED'] as const)(
    'what went to %s is for administrators and services',
    (audience) => {
      const announcement = { ...standing, audience }
      for (const actor of [admin, service]) expect(verdict(actor, retract, { announcement })).toBe('ACCEPTED')
      for (const actor of [olga, tokenModerator]) {
        expect(verdict(actor, retract, { announcement })).toBe('FORBIDDEN')
      }
    },
  )

  test('what went to ADMIN is for administrators and services, and others find none', () => {
    const announcement: Announcement = { ...standing, audience: 'ADMIN' }
    for (const actor of [admin, service]) expect(verdict(actor, retract, { announcement })).toBe('ACCEPTED')
    for (const actor of [olga, tokenModerator]) {
      expect(verdict(actor, retract, { announcement })).toBe('NOT_FOUND announcementId')
    }
  })

  test('what went to a room is for those who moderate it, administrators and services', () => {
    const context = { announcement: ofRoom, room: roomWith() }
    for (const actor of [olga, molly, tokenModerator, admin, service]) {
      expect(verdict(actor, retract, context)).toBe('ACCEPTED')
    }
    for (const actor of [mia, stranger]) expect(verdict(actor, retract, context)).toBe('FORBIDDEN')
  })

  test('what went to a room that the actor does not see finds none', () => {
    const context = { announcement: ofRoom, room: hidden }
    for (const actor of [stranger, tokenModerator]) {
      expect(verdict(actor, retract, context)).toBe('NOT_FOUND announcementId')
    }
    expect(verdict(admin, retract, { announcement: ofRoom })).toBe('NOT_FOUND announcementId')
  })

  test('what was never published finds none', () => {
    expect(verdict(admin, retract)).toBe('NOT_FOUND announcementId')
  })

  test('twice makes one event', () => {
    const announcement = { ...standing, retractedAt: inMinutes(-1) }
    expect(events(admin, retract, { announcement })).toEqual([])
    expect(verdict(olga, retract, { announcement })).toBe('FORBIDDEN')
  })

  test('what has expired is possible', () => {
    const announcement = { ...standing, expiresAt: inMinutes(-1) }
    expect(verdict(admin, retract, { announcement })).toBe('ACCEPTED')
  })
})

test.each([publish(), retract])('the server itself does not $kind', (command) => {
  expect(verdict(SYSTEM, command, { announcement: standing })).toBe('FORBIDDEN')
})

describe('an announcement', () => {
  const visitor: Caller = null
  const seenBy = (audience: Announcement['audience'], ...callers: readonly Caller[]) =>
    callers.map((caller) => canSeeAnnouncement(caller, { ...standing, audience }, undefined))

  test('to GLOBAL is seen by everyone', () => {
    expect(seenBy('GLOBAL', visitor, stranger, service, admin)).toEqual([true, true, true, true])
  })

  test('to AUTHENTICATED is seen by the signed-in', () => {
    expect(seenBy('AUTHENTICATED', visitor, stranger, service, admin)).toEqual([false, true, true, true])
  })

  test('to ADMIN is seen by administrators', () => {
    const seen = seenBy('ADMIN', visitor, stranger, tokenModerator, service, admin)
    expect(seen).toEqual([false, false, false, false, true])
  })

  test('to a room is visible to everyone who sees the room', () => {
    expect(canSeeAnnouncement(visitor, ofRoom, roomWith())).toBe(true)
    expect(canSeeAnnouncement(visitor, ofRoom, roomWith({ visibility: 'AUTHENTICATED' }))).toBe(false)
    expect(canSeeAnnouncement(stranger, ofRoom, hidden)).toBe(false)
    expect(canSeeAnnouncement(mia, ofRoom, hidden)).toBe(true)
    expect(canSeeAnnouncement(admin, ofRoom, directRoom(mia, max))).toBe(false)
    expect(canSeeAnnouncement(admin, ofRoom, undefined)).toBe(false)
  })

  test('is in force until it expires', () => {
    expect(isInForce(standing, NOW)).toBe(true)
    const expiring = { ...standing, expiresAt: inMinutes(5) }
    expect(isInForce(expiring, inMinutes(4))).toBe(true)
    expect(isInForce(expiring, inMinutes(5))).toBe(false)
  })

  test('is in force until it is retracted', () => {
    expect(isInForce({ ...standing, retractedAt: NOW }, NOW)).toBe(false)
  })

  test('is held as it is after its last event', () => {
    const nothing: ReadonlyMap<AnnouncementId, Announcement> = new Map()
    const published = events(admin, publish()).reduce(evolveAnnouncements, nothing)
    expect(published.get(standing.id)).toEqual(standing)
    const announcement = published.get(standing.id)
    const retracted = events(admin, retract, { announcement }).reduce(evolveAnnouncements, published)
    expect(retracted.get(standing.id)).toEqual({ ...standing, retractedAt: NOW })
  })
})
