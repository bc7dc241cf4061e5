import { describe, expect, test } from 'vitest'
import { type Actor, SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { FAR_FUTURE, type Instant } from '../../../src/engine/kernel/instant.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { isMuted } from '../../../src/features/rooms/rules/access.ts'
import type { RoomCommand } from '../../../src/features/rooms/rules/command.ts'
import { decideRoom } from '../../../src/features/rooms/rules/decide.ts'
import { isPublicEvent, type RoomEvent } from '../../../src/features/rooms/rules/event.ts'
import { evolveRoom } from '../../../src/features/rooms/rules/evolve.ts'
import { dueAt } from '../../../src/features/rooms/rules/lifecycle.ts'
import type { Room, RoomFacts } from '../../../src/features/rooms/rules/room.ts'
import {
  admin,
  createCommand,
  directRoom,
  eventsOf,
  inMinutes,
  max,
  member,
  mia,
  molly,
  NOW,
  olga,
  owner,
  roomWith,
  service,
  stranger,
  tokenModerator,
  verdictOf,
} from './room.fixture.ts'

const decide = (state: RoomFacts | null, actor: Actor, command: RoomCommand, now: Instant = NOW) =>
  decideRoom(state, command, { now, actor })

const verdict = (state: RoomFacts | null, actor: Actor, command: RoomCommand) =>
  verdictOf(decide(state, actor, command))

const events = (state: RoomFacts | null, actor: Actor, command: RoomCommand, now: Instant = NOW) =>
  eventsOf(decide(state, actor, command, now))

const typesOf = (made: readonly RoomEvent[]) => made.map((event) => event.type)

function stateAfter(
  state: RoomFacts | null,
  actor: Actor,
  command: RoomCommand,
  now: Instant = NOW,
): RoomFacts {
  const folded = events(state, actor, command, now).reduce(evolveRoom, state)
  if (folded === null) throw new Error('there is no room')
  return folded
}

const STEPS = ['start', 'pause', 'resume', 'end'] as const
const PHASES = ['SCHEDULED', 'LIVE', 'PAUSED', 'ENDED'] as const

const update = (change: Omit<Extract<RoomCommand, { kind: 'update' }>, 'kind'>): RoomCommand => ({
  kind: 'update',
  ...change,
})
const add = (target: typeof mia, role: 'OWNER' | 'MODERATOR' | 'MEMBER' = 'MEMBER'): RoomCommand => ({
  kind: 'add',
  target: target.person,
  role,
})
const remove = (target: typeof mia, reason: string | null = null): RoomCommand => ({
  kind: 'remove',
  target: target.person,
  isKnown: true,
  reason,
})
const mute = (target: typeof mia, until: Instant | null = null): RoomCommand => ({
  kind: 'mute',
  target: target.person,
  until,
})
const join: RoomCommand = { kind: 'join' }
const leave: RoomCommand = { kind: 'leave' }
const applyDue: RoomCommand = { kind: 'applyDue' }

describe('creating a room', () => {
  test('makes its creator OWNER and member, without an entry', () => {
    const made = events(null, olga, createCommand())
    expect(typesOf(made)).toEqual(['RoomCreated'])
    expect(made.some(isPublicEvent)).toBe(false)

    const { room, memberships } = stateAfter(null, olga, createCommand())
    expect(room).toMatchObject({ owner: olga.person, memberCount: 1, createdAt: NOW })
    expect(memberships.get(olga.person.id)).toEqual({ ...owner, joinedAt: NOW })
  })

  test('answers with its id', () => {
    const decision = decide(null, olga, createCommand())
    expect(decision).toMatchObject({ kind: 'accepted', reply: { roomId: asRoomId('room_1') } })
  })

  test.each(['AUCTION', 'TRADE', 'CHAT'] as const)('of kind %s is open to any signed-in user', (roomKind) => {
    expect(stateAfter(null, stranger, createCommand({ roomKind })).room.kind).toBe(roomKind)
  })

  test('of kind TRADE takes a currency, with the exponent of ISO 4217 or its own', () => {
    const made = (change: { readonly currency?: string; readonly currencyExponent?: number }) =>
      stateAfter(null, olga, createCommand({ roomKind: 'TRADE', ...change })).room
    expect(made({ currency: 'KWD' })).toMatchObject({ currency: 'KWD', currencyExponent: 3 })
    expect(made({ currency: 'COINS' })).toMatchObject({ currency: 'COINS', currencyExponent: 0 })
    expect(made({ currency: 'COINS', currencyExponent: 4 })).toMatchObject({ currencyExponent: 4 })
    expect(made({})).toMatchObject({ currency: null, currencyExponent: null })
  })

  test.each([
    ['currency', { roomKind: 'CHAT', currency: 'EUR' }],
    ['currency', { roomKind: 'TRADE', currency: 'euro' }],
    ['currencyExponent', { roomKind: 'TRADE', currency: 'HUF', currencyExponent: 0 }],
    ['currencyExponent', { roomKind: 'TRADE', currency: 'COINS', currencyExponent: 9 }],
    ['currencyExponent', { roomKind: 'TRADE', currencyExponent: 2 }],
  ] as const)('is refused for its %s: %o', (field, change) => {
    expect(verdict(null, olga, createCommand(change))).toBe(`INVALID_INPUT ${field}`)
  })

  test.each(['PUBLIC', 'AUTHENTICATED', 'MEMBERS'] as const)(
    'of visibility %s is open to any signed-in user',
    (visibility) => {
      expect(stateAfter(null, stranger, createCommand({ visibility })).room.visibility).toBe(visibility)
    },
  )

  test.each([{ roomKind: 'LOBBY' }, { visibility: 'ADMIN' }] as const)(
    'with %o is for administrators',
    (kind) => {
      expect(verdict(null, olga, createCommand(kind))).toBe('FORBIDDEN')
      expect(verdict(null, service, createCommand(kind))).toBe('FORBIDDEN')
      expect(verdict(null, admin, createCommand(kind))).toBe('ACCEPTED')
    },
  )

  test('of kind DIRECT is refused, even to administrators', () => {
    expect(verdict(null, admin, createCommand({ roomKind: 'DIRECT' }))).toBe('INVALID_INPUT kind')
  })

  test.each(['', '   ', '\u200b', '\u202e\u2800', 'x'.repeat(201), 'a\u0000b', '\ud800'])(
    'with the name %j is refused',
    (name) => {
      expect(verdict(null, olga, createCommand({ name }))).toBe('INVALID_INPUT name')
    },
  )

  test('stores the name trimmed, and counts characters, not their UTF-16 units', () => {
    expect(stateAfter(null, olga, createCommand({ name: '  Stamps ' })).room.name).toBe('Stamps')
    expect(verdict(null, olga, createCommand({ name: '🦜'.repeat(200) }))).toBe('ACCEPTED')
  })

  test.each([null, NOW, inMinutes(-5)])('with the start %o makes it LIVE at once', (startsAt) => {
    const { room } = stateAfter(null, olga, createCommand({ startsAt }))
    expect(room).toMatchObject({ phase: 'LIVE', startsAt, startedAt: NOW })
  })

  test('with a start that lies ahead makes it SCHEDULED', () => {
    const { room } = stateAfter(null, olga, createCommand({ startsAt: inMinutes(5) }))
    expect(room).toMatchObject({ phase: 'SCHEDULED', startsAt: inMinutes(5), startedAt: null })
  })

  test.each([
    { startsAt: null, endsAt: NOW },
    { startsAt: inMinutes(-10), endsAt: inMinutes(-5) },
    { startsAt: inMinutes(5), endsAt: inMinutes(5) },
    { startsAt: inMinutes(5), endsAt: inMinutes(4) },
  ])('refuses an end that does not come after now and the start: %o', (times) => {
    expect(verdict(null, olga, createCommand(times))).toBe('INVALID_INPUT endsAt')
  })

  test('takes an end that comes after the start', () => {
    const times = { startsAt: inMinutes(5), endsAt: inMinutes(6) }
    expect(stateAfter(null, olga, createCommand(times)).room).toMatchObject(times)
  })

  test('is refused if the room already exists', () => {
    expect(verdict(roomWith(), olga, createCommand())).toBe('INVALID_TRANSITION')
  })
})

describe('who may what', () => {
  const moderation: readonly RoomCommand[] = [
    ...STEPS.map((kind) => ({ kind })),
    update({ name: 'Coins' }),
    remove(mia),
    mute(mia),
  ]
  const scheduled = roomWith({ phase: 'SCHEDULED', startsAt: inMinutes(5), startedAt: null })

  test.each(moderation)(
    '$kind is forbidden to members, to others who see the room and to services',
    (command) => {
      for (const actor of [mia, stranger, service])
        expect(verdict(roomWith(), actor, command)).toBe('FORBIDDEN')
    },
  )

  test.each(moderation)('$kind is allowed for moderators of the room', (command) => {
    for (const actor of [olga, molly, admin, tokenModerator]) {
      expect(verdict(roomWith(), actor, command)).not.toBe('FORBIDDEN')
      expect(verdict(scheduled, actor, command)).not.toBe('FORBIDDEN')
    }
  })

  test('adding is allowed for moderators of the room and services only', () => {
    for (const actor of [olga, molly, admin, tokenModerator, service]) {
      expect(verdict(roomWith(), actor, add(max))).toBe('ACCEPTED')
    }
    for (const actor of [mia, stranger]) expect(verdict(roomWith(), actor, add(max))).toBe('FORBIDDEN')
  })

  test.each([...moderation, add(max), join, leave])(
    '$kind finds no room where the actor sees none',
    (command) => {
      const members = roomWith({ visibility: 'MEMBERS' })
      for (const actor of [stranger, tokenModerator]) {
        expect(verdict(members, actor, command)).toBe('NOT_FOUND roomId')
      }
      expect(verdict(roomWith({ visibility: 'ADMIN' }), service, command)).toBe('NOT_FOUND roomId')
      expect(verdict(directRoom(mia, max), admin, command)).toBe('NOT_FOUND roomId')
      expect(verdict(null, admin, command)).toBe('NOT_FOUND roomId')
    },
  )

  test('a former moderator moderates no more', () => {
    const room = roomWith({}, [member(max, { role: 'MODERATOR', status: 'left' })])
    expect(verdict(room, max, { kind: 'pause' })).toBe('FORBIDDEN')
  })

  test('the server itself lets time pass, and does nothing else', () => {
    expect(verdict(roomWith(), SYSTEM, applyDue)).toBe('ACCEPTED')
    expect(verdict(null, SYSTEM, createCommand())).toBe('FORBIDDEN')
    for (const command of [...moderation, add(max), join, leave]) {
      expect(verdict(roomWith(), SYSTEM, command)).toBe('FORBIDDEN')
    }
  })

  test('only the server applies due transitions', () => {
    expect(verdict(roomWith(), admin, applyDue)).toBe('FORBIDDEN')
  })
})

describe('the life cycle by hand', () => {
  const outcomes: Readonly<
    Record<(typeof PHASES)[number], Readonly<Record<(typeof STEPS)[number], string>>>
  > = {
    SCHEDULED: { start: 'RoomStarted', pause: 'refused', resume: 'refused', end: 'RoomEnded' },
    LIVE: { start: 'nothing', pause: 'RoomPaused', resume: 'nothing', end: 'RoomEnded' },
    PAUSED: { start: 'refused', pause: 'nothing', resume: 'RoomResumed', end: 'RoomEnded' },
    ENDED: { start: 'refused', pause: 'refused', resume: 'refused', end: 'nothing' },
  }
  const cases = PHASES.flatMap((phase) =>
    STEPS.map((step) => ({ phase, step, outcome: outcomes[phase][step] })),
  )

  test.each(cases)('$step on $phase: $outcome', ({ phase, step, outcome }) => {
    const decision = decide(roomWith({ phase }), olga, { kind: step })
    if (outcome === 'refused') expect(verdictOf(decision)).toBe('INVALID_TRANSITION')
    else if (outcome === 'nothing') expect(eventsOf(decision)).toEqual([])
    else expect(typesOf(eventsOf(decision))).toEqual([outcome])
  })

  test('starting notes when', () => {
    const scheduled = roomWith({ phase: 'SCHEDULED', startsAt: inMinutes(5), startedAt: null })
    expect(stateAfter(scheduled, olga, { kind: 'start' }).room).toMatchObject({
      phase: 'LIVE',
      startedAt: NOW,
    })
  })

  test('a pause and what follows it leave the start as it was', () => {
    const paused = stateAfter(roomWith(), olga, { kind: 'pause' })
    expect(paused.room).toMatchObject({ phase: 'PAUSED', startedAt: inMinutes(-60) })
    const resumed = stateAfter(paused, olga, { kind: 'resume' }).room
    expect(resumed).toEqual({ ...roomWith().room, phaseSince: NOW })
  })

  test('ending notes when', () => {
    expect(stateAfter(roomWith(), olga, { kind: 'end' }).room).toMatchObject({ phase: 'ENDED', endedAt: NOW })
  })

  test('a room that ends before it starts has never started', () => {
    const scheduled = roomWith({ phase: 'SCHEDULED', startsAt: inMinutes(5), startedAt: null })
    expect(stateAfter(scheduled, olga, { kind: 'end' }).room).toMatchObject({ startedAt: null, endedAt: NOW })
  })
})

describe('the life cycle by time', () => {
  const scheduled = (startsAt: Instant | null, endsAt: Instant | null) =>
    roomWith({ phase: 'SCHEDULED', startedAt: null, startsAt, endsAt })

  test('a room starts at startsAt and not before', () => {
    const room = scheduled(inMinutes(5), null)
    expect(events(room, SYSTEM, applyDue, inMinutes(4))).toEqual([])
    expect(typesOf(events(room, SYSTEM, applyDue, inMinutes(5)))).toEqual(['RoomStarted'])
    expect(stateAfter(room, SYSTEM, applyDue, inMinutes(6)).room).toMatchObject({
      phase: 'LIVE',
      startedAt: inMinutes(6),
    })
  })

  test.each(['LIVE', 'PAUSED'] as const)('a room that is %s ends at endsAt and not before', (phase) => {
    const room = roomWith({ phase, endsAt: inMinutes(5) })
    expect(events(room, SYSTEM, applyDue, inMinutes(4))).toEqual([])
    expect(typesOf(events(room, SYSTEM, applyDue, inMinutes(5)))).toEqual(['RoomEnded'])
  })

  test('a room that slept through both starts and then ends', () => {
    const room = scheduled(inMinutes(5), inMinutes(10))
    const made = events(room, SYSTEM, applyDue, inMinutes(11))
    expect(typesOf(made)).toEqual(['RoomStarted', 'RoomEnded'])
    expect(made[0]).toMatchObject({ room: { phase: 'LIVE', endedAt: null } })
    expect(stateAfter(room, SYSTEM, applyDue, inMinutes(11)).room).toMatchObject({
      phase: 'ENDED',
      startedAt: inMinutes(11),
      endedAt: inMinutes(11),
    })
  })

  test('a room without a start that time would bring ends without having started', () => {
    expect(typesOf(events(scheduled(null, inMinutes(-1)), SYSTEM, applyDue))).toEqual(['RoomEnded'])
  })

  test('nothing happens to a room that has ended, or that has no times', () => {
    expect(events(roomWith({ phase: 'ENDED', endsAt: inMinutes(-1) }), SYSTEM, applyDue)).toEqual([])
    expect(events(roomWith(), SYSTEM, applyDue, FAR_FUTURE)).toEqual([])
  })

  test('applying due transitions to an unknown room is NOT_FOUND', () => {
    expect(verdict(null, SYSTEM, applyDue)).toBe('NOT_FOUND roomId')
  })

  test.each<[Partial<Room>, Instant | null]>([
    [{ phase: 'SCHEDULED', startsAt: inMinutes(1), endsAt: inMinutes(2) }, inMinutes(1)],
    [{ phase: 'SCHEDULED', startsAt: null, endsAt: inMinutes(2) }, inMinutes(2)],
    [{ phase: 'LIVE', startsAt: inMinutes(1), endsAt: inMinutes(2) }, inMinutes(2)],
    [{ phase: 'PAUSED', endsAt: inMinutes(2) }, inMinutes(2)],
    [{ phase: 'LIVE', endsAt: null }, null],
    [{ phase: 'ENDED', endsAt: inMinutes(2) }, null],
  ])('a room with %o is due at %o', (change, due) => {
    expect(dueAt(roomWith(change).room)).toBe(due)
  })
})

describe('updating a room', () => {
  const scheduled = roomWith({
    phase: 'SCHEDULED',
    startedAt: null,
    startsAt: inMinutes(10),
    endsAt: inMinutes(20),
  })

  test('changes what is named and leaves the rest', () => {
    const made = events(scheduled, olga, update({ name: ' Coins ', visibility: 'MEMBERS' }))
    expect(typesOf(made)).toEqual(['RoomUpdated'])
    expect(stateAfter(scheduled, olga, update({ name: ' Coins ', visibility: 'MEMBERS' })).room).toEqual({
      ...scheduled.room,
      name: 'Coins',
      visibility: 'MEMBERS',
    })
  })

  test('to what it is already makes no event, whatever time has passed since', () => {
    expect(events(roomWith(), olga, update({}))).toEqual([])
    const same = update({
      name: 'Stamps',
      visibility: 'PUBLIC',
      startsAt: inMinutes(10),
      endsAt: inMinutes(20),
    })
    expect(events(scheduled, olga, same)).toEqual([])
    const ended: RoomFacts = { ...scheduled, room: { ...scheduled.room, phase: 'ENDED' } }
    expect(events(ended, olga, same, inMinutes(30))).toEqual([])
  })

  test.each(['', ' ', '\u3164', 'x'.repeat(201)])('to the name %j is refused', (name) => {
    expect(verdict(roomWith(), olga, update({ name }))).toBe('INVALID_INPUT name')
  })

  test('to the visibility ADMIN is for administrators', () => {
    expect(verdict(roomWith(), olga, update({ visibility: 'ADMIN' }))).toBe('FORBIDDEN')
    expect(stateAfter(roomWith(), admin, update({ visibility: 'ADMIN' })).room.visibility).toBe('ADMIN')
  })

  test('moves or takes away the start while it is SCHEDULED', () => {
    expect(stateAfter(scheduled, olga, update({ startsAt: inMinutes(15) })).room.startsAt).toBe(inMinutes(15))
    expect(stateAfter(scheduled, olga, update({ startsAt: null })).room).toMatchObject({
      phase: 'SCHEDULED',
      startsAt: null,
    })
  })

  test.each(['LIVE', 'PAUSED'] as const)('does not move the start of a room that is %s', (phase) => {
    const verdictNow = verdict(roomWith({ phase }), olga, update({ startsAt: inMinutes(5) }))
    expect(verdictNow).toBe('INVALID_TRANSITION startsAt')
  })

  test.each([NOW, inMinutes(-1)])('refuses a start that is not ahead: %o', (startsAt) => {
    expect(verdict(scheduled, olga, update({ startsAt }))).toBe('INVALID_INPUT startsAt')
  })

  test('moves or takes away the end while the room has not ended', () => {
    for (const phase of ['SCHEDULED', 'LIVE', 'PAUSED'] as const) {
      const room = roomWith({ phase, endsAt: inMinutes(20) })
      expect(stateAfter(room, olga, update({ endsAt: inMinutes(30) })).room.endsAt).toBe(inMinutes(30))
      expect(stateAfter(room, olga, update({ endsAt: null })).room.endsAt).toBeNull()
    }
  })

  test.each([NOW, inMinutes(-1)])('refuses an end that is not ahead: %o', (endsAt) => {
    expect(verdict(roomWith(), olga, update({ endsAt }))).toBe('INVALID_INPUT endsAt')
  })

  test('refuses an end that does not come after the start, and names what was changed', () => {
    expect(verdict(scheduled, olga, update({ endsAt: inMinutes(10) }))).toBe('INVALID_INPUT endsAt')
    expect(verdict(scheduled, olga, update({ startsAt: inMinutes(20) }))).toBe('INVALID_INPUT startsAt')
    const both = update({ startsAt: inMinutes(30), endsAt: inMinutes(25) })
    expect(verdict(scheduled, olga, both)).toBe('INVALID_INPUT endsAt')
  })

  test('is refused once the room has ended', () => {
    expect(verdict(roomWith({ phase: 'ENDED' }), olga, update({ name: 'Coins' }))).toBe('INVALID_TRANSITION')
  })

  test('is refused in a direct room', () => {
    const room = directRoom(admin, mia)
    expect(verdict(room, admin, update({ name: 'Coins' }))).toBe('INVALID_TRANSITION')
    expect(events(room, admin, update({ name: 'Stamps' }))).toEqual([])
  })
})

describe('joining', () => {
  test('makes a member and is counted', () => {
    expect(events(roomWith(), max, join)).toEqual([
      { type: 'MemberJoined', user: max.person, role: 'MEMBER', joinedAt: NOW },
    ])
    const { room, memberships } = stateAfter(roomWith(), max, join)
    expect(room.memberCount).toBe(4)
    expect(memberships.get(max.person.id)).toEqual(member(max, { joinedAt: NOW }))
  })

  test('twice makes one event, also once the room has ended', () => {
    expect(events(roomWith(), mia, join)).toEqual([])
    expect(events(roomWith(), olga, join)).toEqual([])
    expect(events(roomWith({ phase: 'ENDED' }), mia, join)).toEqual([])
  })

  test('after leaving is a new membership, as MEMBER', () => {
    const room = roomWith({}, [member(max, { status: 'left', role: 'MODERATOR' })])
    expect(stateAfter(room, max, join).memberships.get(max.person.id)).toEqual(member(max, { joinedAt: NOW }))
  })

  test('after being removed is refused, and says what would help', () => {
    const decision = decide(roomWith({}, [member(max, { status: 'removed' })]), max, join)
    expect(decision).toMatchObject({
      rejection: { code: 'NOT_A_MEMBER', reason: expect.stringContaining('add you again') },
    })
  })

  test('a MEMBERS room is not possible even for those who see it', () => {
    const room = roomWith({ visibility: 'MEMBERS' })
    expect(verdict(room, admin, join)).toBe('NOT_A_MEMBER')
    expect(verdict(room, service, join)).toBe('NOT_A_MEMBER')
    expect(events(room, mia, join)).toEqual([])
  })

  test('is possible before the start and in a pause, not after the end', () => {
    expect(verdict(roomWith({ phase: 'SCHEDULED' }), max, join)).toBe('ACCEPTED')
    expect(verdict(roomWith({ phase: 'PAUSED' }), max, join)).toBe('ACCEPTED')
    expect(verdict(roomWith({ phase: 'ENDED' }), max, join)).toBe('INVALID_TRANSITION')
  })
})

describe('leaving', () => {
  test('ends the membership, keeps its row and is counted', () => {
    expect(events(roomWith(), mia, leave)).toEqual([{ type: 'MemberLeft', user: mia.person }])
    const { room, memberships } = stateAfter(roomWith(), mia, leave)
    expect(room.memberCount).toBe(2)
    expect(memberships.get(mia.person.id)).toEqual(member(mia, { status: 'left' }))
  })

  test.each(['left', 'removed'] as const)('is refused for a non-member: %s', (status) => {
    expect(verdict(roomWith({}, [member(max, { status })]), max, leave)).toBe('NOT_A_MEMBER')
  })

  test('is refused for a user who never was a member', () => {
    expect(verdict(roomWith(), stranger, leave)).toBe('NOT_A_MEMBER')
  })

  test('is possible for the owner only when the room has ended', () => {
    for (const phase of ['SCHEDULED', 'LIVE', 'PAUSED'] as const) {
      expect(verdict(roomWith({ phase }), olga, leave)).toBe('INVALID_TRANSITION')
    }
    expect(typesOf(events(roomWith({ phase: 'ENDED' }), olga, leave))).toEqual(['MemberLeft'])
  })

  test('a direct room is not possible', () => {
    expect(verdict(directRoom(mia, max), mia, leave)).toBe('INVALID_TRANSITION')
  })
})

describe('adding', () => {
  test('adds a user who never signed in, in the given role', () => {
    const made = events(roomWith(), olga, add(max, 'MODERATOR'))
    expect(made).toEqual([{ type: 'MemberJoined', user: max.person, role: 'MODERATOR', joinedAt: NOW }])
    expect(stateAfter(roomWith(), olga, add(max, 'MODERATOR')).room.memberCount).toBe(4)
  })

  test('is the way into a MEMBERS room', () => {
    const room = stateAfter(roomWith({ visibility: 'MEMBERS' }), service, add(max))
    expect(events(room, max, join)).toEqual([])
  })

  test.each(['removed', 'left'] as const)('brings back a user who was %s', (status) => {
    const room = stateAfter(roomWith({}, [member(max, { status })]), olga, add(max))
    expect(room.memberships.get(max.person.id)).toEqual(member(max, { joinedAt: NOW }))
  })

  test('a member in the same role makes no event, also once the room has ended', () => {
    expect(events(roomWith(), olga, add(mia))).toEqual([])
    expect(events(roomWith({ phase: 'ENDED' }), olga, add(mia))).toEqual([])
  })

  test('a member in another role changes the role, with an entry', () => {
    const made = events(roomWith(), olga, add(mia, 'MODERATOR'))
    expect(made).toEqual([{ type: 'MemberRoleChanged', user: mia.person, role: 'MODERATOR' }])
    expect(made.every(isPublicEvent)).toBe(true)
    const { room, memberships } = stateAfter(roomWith(), olga, add(mia, 'MODERATOR'))
    expect(room.memberCount).toBe(3)
    expect(memberships.get(mia.person.id)).toEqual(member(mia, { role: 'MODERATOR' }))
  })

  test('another owner is refused', () => {
    expect(verdict(roomWith(), admin, add(max, 'OWNER'))).toBe('INVALID_INPUT role')
  })

  test('does not take the owner out of the role', () => {
    expect(verdict(roomWith(), molly, add(olga))).toBe('INVALID_TRANSITION')
  })

  test('is refused once the room has ended, and a change of role with it', () => {
    const ended = roomWith({ phase: 'ENDED' })
    expect(verdict(ended, olga, add(max))).toBe('INVALID_TRANSITION')
    expect(verdict(ended, olga, add(mia, 'MODERATOR'))).toBe('INVALID_TRANSITION')
  })

  test('to a direct room is refused', () => {
    expect(verdict(directRoom(admin, mia), admin, add(max))).toBe('INVALID_TRANSITION')
  })
})

describe('removing', () => {
  test('ends the membership, keeps its row, gives the reason and updates the count', () => {
    const made = events(roomWith(), molly, remove(mia, 'spam'))
    expect(made).toEqual([{ type: 'MemberRemoved', user: mia.person, reason: 'spam', removedAt: NOW }])
    const { room, memberships } = stateAfter(roomWith(), molly, remove(mia, 'spam'))
    expect(room.memberCount).toBe(2)
    expect(memberships.get(mia.person.id)).toEqual(member(mia, { status: 'removed' }))
  })

  test('twice makes one event', () => {
    expect(events(roomWith({}, [member(mia, { status: 'removed' })]), molly, remove(mia))).toEqual([])
  })

  test.each([
    ['left', [member(max, { status: 'left' })]],
    ['never was in', []],
  ] as const)('someone who %s bars them, and counts nobody less', (_, absent) => {
    const before = roomWith({}, absent)
    const after = stateAfter(before, molly, remove(max))
    expect(after.room.memberCount).toBe(before.room.memberCount)
    expect(after.memberships.get(max.person.id)).toMatchObject({ status: 'removed', role: 'MEMBER' })
    expect(verdict(after, max, join)).toBe('NOT_A_MEMBER')
    expect(events(after, molly, remove(max))).toEqual([])
    expect(stateAfter(after, molly, add(max)).room.memberCount).toBe(before.room.memberCount + 1)
  })

  test('someone nobody has seen finds nobody', () => {
    const unknown = { kind: 'remove', target: max.person, isKnown: false, reason: null } as const
    expect(verdict(roomWith(), molly, unknown)).toBe('NOT_FOUND userId')
  })

  test('the owner is refused, to administrators too', () => {
    expect(verdict(roomWith(), molly, remove(olga))).toBe('INVALID_TRANSITION')
    expect(verdict(roomWith(), admin, remove(olga))).toBe('INVALID_TRANSITION')
  })

  test('from a direct room is refused', () => {
    expect(verdict(directRoom(admin, mia), admin, remove(mia))).toBe('INVALID_TRANSITION')
  })

  test('is possible after the end, to close the history to a user', () => {
    expect(verdict(roomWith({ phase: 'ENDED' }), olga, remove(mia))).toBe('ACCEPTED')
  })

  test('a moderator takes the role away for good', () => {
    const removed = stateAfter(roomWith(), olga, remove(molly))
    expect(verdict(removed, molly, { kind: 'pause' })).toBe('FORBIDDEN')
    expect(stateAfter(removed, olga, add(molly)).memberships.get(molly.person.id)?.role).toBe('MEMBER')
  })
})

describe('muting', () => {
  const mutedTo = (mutedUntil: Instant | null) => roomWith({}, [member(mia, { mutedUntil })])
  const mutedUntilOf = (state: RoomFacts) => state.memberships.get(mia.person.id)?.mutedUntil

  test('holds until the instant given', () => {
    const made = events(roomWith(), molly, mute(mia, inMinutes(5)))
    expect(made).toEqual([
      { type: 'MemberMuted', user: mia.person, until: inMinutes(5), mutedUntil: inMinutes(5) },
    ])
    const membership = stateAfter(roomWith(), molly, mute(mia, inMinutes(5))).memberships.get(mia.person.id)
    expect(isMuted(membership, inMinutes(4))).toBe(true)
    expect(isMuted(membership, inMinutes(5))).toBe(false)
  })

  test('without an instant holds until further notice', () => {
    const made = events(roomWith(), molly, mute(mia))
    expect(made).toEqual([{ type: 'MemberMuted', user: mia.person, until: null, mutedUntil: FAR_FUTURE }])
    expect(mutedUntilOf(stateAfter(roomWith(), molly, mute(mia)))).toBe(FAR_FUTURE)
  })

  test.each([NOW, inMinutes(-5)])('until %o, which has come, unmutes', (until) => {
    const made = events(mutedTo(FAR_FUTURE), molly, mute(mia, until))
    expect(made).toEqual([{ type: 'MemberMuted', user: mia.person, until, mutedUntil: null }])
    expect(mutedUntilOf(stateAfter(mutedTo(FAR_FUTURE), molly, mute(mia, until)))).toBeNull()
  })

  test('to what holds already makes no event', () => {
    expect(events(mutedTo(FAR_FUTURE), molly, mute(mia))).toEqual([])
    expect(events(mutedTo(inMinutes(5)), molly, mute(mia, inMinutes(5)))).toEqual([])
    expect(events(mutedTo(null), molly, mute(mia, inMinutes(-5)))).toEqual([])
    expect(events(mutedTo(inMinutes(-1)), molly, mute(mia, inMinutes(-5)))).toEqual([])
  })

  test('may be made longer or shorter', () => {
    const room = mutedTo(inMinutes(5))
    expect(mutedUntilOf(stateAfter(room, molly, mute(mia, inMinutes(9))))).toBe(inMinutes(9))
    expect(mutedUntilOf(stateAfter(room, molly, mute(mia, inMinutes(2))))).toBe(inMinutes(2))
  })

  test('survives leaving and coming back', () => {
    const back = [leave, join].reduce(
      (state, command) => stateAfter(state, mia, command),
      mutedTo(inMinutes(5)),
    )
    expect(back.memberships.get(mia.person.id)).toEqual(
      member(mia, { mutedUntil: inMinutes(5), joinedAt: NOW }),
    )
  })

  test('survives removal and being added again', () => {
    const back = [remove(mia), add(mia)].reduce(
      (state, command) => stateAfter(state, olga, command),
      mutedTo(inMinutes(5)),
    )
    expect(mutedUntilOf(back)).toBe(inMinutes(5))
  })

  test.each(['left', 'removed'] as const)('a user who %s is refused', (status) => {
    expect(verdict(roomWith({}, [member(mia, { status })]), molly, mute(mia))).toBe('NOT_A_MEMBER')
  })

  test('is NOT_FOUND for a user who never was a member', () => {
    expect(verdict(roomWith(), molly, mute(max))).toBe('NOT_FOUND userId')
  })

  test('the owner is refused, to administrators too', () => {
    expect(verdict(roomWith(), molly, mute(olga))).toBe('INVALID_TRANSITION')
    expect(verdict(roomWith(), admin, mute(olga))).toBe('INVALID_TRANSITION')
  })

  test('does not hold for someone without a membership', () => {
    expect(isMuted(undefined, NOW)).toBe(false)
  })
})

describe('folding events', () => {
  test('throws where an event comes before the room', () => {
    expect(() => evolveRoom(null, { type: 'MemberLeft', user: mia.person })).toThrow('before RoomCreated')
  })

  test('throws if the event’s membership is not loaded', () => {
    expect(() => evolveRoom(roomWith(), { type: 'MemberLeft', user: max.person })).toThrow('not loaded')
  })
})

describe.each(['global', 'authenticated', 'admin'])('the built-in room %s', (id) => {
  const builtIn = roomWith({ id: asRoomId(id), name: id, kind: 'LOBBY' })

  test.each([
    ['renamed', update({ name: 'Mine' }), 'INVALID_TRANSITION name'],
    ['given an end', update({ endsAt: inMinutes(5) }), 'INVALID_TRANSITION endsAt'],
    ['ended', { kind: 'end' }, 'INVALID_TRANSITION'],
  ] as const)('is not %s, by administrators either', (_, command, expected) => {
    expect(verdict(builtIn, admin, command)).toBe(expected)
  })

  test('is paused and resumed, and answers an update that changes nothing', () => {
    const paused = stateAfter(builtIn, admin, { kind: 'pause' })
    expect(verdict(paused, admin, { kind: 'resume' })).toBe('ACCEPTED')
    expect(events(builtIn, admin, update({ name: id }))).toEqual([])
  })
})
