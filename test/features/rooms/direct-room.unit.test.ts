import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { later } from '../../../src/engine/kernel/instant.ts'
import type { Person } from '../../../src/engine/kernel/person.ts'
import { directRoomId } from '../../../src/features/rooms/ids.ts'
import type { RoomCommand } from '../../../src/features/rooms/rules/command.ts'
import { decideRoom } from '../../../src/features/rooms/rules/decide.ts'
import { evolveRoom } from '../../../src/features/rooms/rules/evolve.ts'
import { dueAt } from '../../../src/features/rooms/rules/lifecycle.ts'
import type { RoomFacts } from '../../../src/features/rooms/rules/room.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'
import {
  admin,
  createCommand,
  directRoom,
  eventsOf,
  inMinutes,
  max,
  member,
  mia,
  NOW,
  olga,
  service,
  stranger,
  tokenModerator,
  verdictOf,
} from './room.fixture.ts'

type UserActor = typeof mia

const ID = directRoomId(mia.person.id, max.person.id)
const open = (target: Person = max.person): RoomCommand => ({ kind: 'open', id: ID, target })

const decide = (room: RoomFacts | null, actor: UserActor, command: RoomCommand) =>
  decideRoom(room, command, { now: NOW, actor })
const verdict = (room: RoomFacts | null, actor: UserActor, command: RoomCommand) =>
  verdictOf(decide(room, actor, command))

function opened(actor: UserActor, target: Person): RoomFacts {
  const state = eventsOf(decide(null, actor, open(target))).reduce<RoomFacts | null>(evolveRoom, null)
  if (state === null) throw new Error('no room was made')
  return state
}

describe('opening a direct room', () => {
  test('makes one that is LIVE, of two members and without an owner', () => {
    const { room, memberships } = opened(mia, max.person)
    expect(room).toMatchObject({
      id: ID,
      kind: 'DIRECT',
      visibility: 'MEMBERS',
      phase: 'LIVE',
      owner: null,
      createdAt: NOW,
      startedAt: NOW,
      endsAt: null,
      memberCount: 2,
    })
    expect([...memberships.values()]).toEqual([
      member(mia, { joinedAt: NOW }),
      member(max, { joinedAt: NOW }),
    ])
    expect(dueAt(room)).toBeNull()
  })

  test('that is there makes no event, whichever of the two opens it', () => {
    const room = directRoom(mia, max)
    expect(eventsOf(decide(room, mia, open(max.person)))).toEqual([])
    expect(eventsOf(decide(room, max, open(mia.person)))).toEqual([])
    expect(decide(room, max, open(mia.person))).toMatchObject({ reply: { roomId: room.room.id } })
  })

  test('with oneself is refused', () => {
    expect(verdict(null, mia, open(mia.person))).toBe('INVALID_INPUT userId')
  })

  test('is for users only, not for the server itself', () => {
    expect(verdictOf(decideRoom(null, open(), { now: NOW, actor: SYSTEM }))).toBe('FORBIDDEN')
  })

  test('by any third user is NOT_FOUND', () => {
    for (const actor of [admin, service, tokenModerator, stranger]) {
      expect(verdict(directRoom(mia, max), actor, open())).toBe('NOT_FOUND roomId')
    }
  })

  test('calls it the same from either side, within what a name may be', () => {
    expect(opened(mia, max.person).room.name).toBe('max & mia')
    expect(opened(max, mia.person).room.name).toBe('max & mia')
    const long = { id: asUserId('user-long'), name: '\u{1F600}'.repeat(200) }
    const name = opened(mia, long).room.name
    expect([...name]).toHaveLength(200)
    expect(name.isWellFormed()).toBe(true)
  })
})

describe('the id of a direct room', () => {
  const user = fc.string({ minLength: 1, unit: 'binary' }).map(asUserId)

  test('is that of a pair, in either order, and of no other pair', () => {
    const one = fc.tuple(user, user)
    fc.assert(
      fc.property(one, one, ([a, b], [c, d]) => {
        expect(directRoomId(a, b)).toBe(directRoomId(b, a))
        const isSame = (a === c && b === d) || (a === d && b === c)
        expect(directRoomId(a, b) === directRoomId(c, d)).toBe(isSame)
      }),
      runs(500),
    )
  })

  test('separates the two names unambiguously', () => {
    const [a, ab, bc, c] = ['a', 'ab', 'bc', 'c'].map(asUserId)
    if (!a || !ab || !bc || !c) throw new Error('four ids')
    expect(directRoomId(a, bc)).not.toBe(directRoomId(ab, c))
  })
})

describe('in a direct room', () => {
  const own = directRoom(mia, max)
  const withAdmin = directRoom(admin, mia)
  const steps = ['start', 'pause', 'resume', 'end'] as const

  test.each(steps)('%s is forbidden to its two', (kind) => {
    for (const actor of [mia, max]) expect(verdict(own, actor, { kind })).toBe('FORBIDDEN')
  })

  test('moderators can neither pause nor end it; starting and resuming find it LIVE', () => {
    for (const room of [withAdmin, directRoom(tokenModerator, mia)]) {
      const [actor] = room === withAdmin ? [admin] : [tokenModerator]
      for (const kind of ['pause', 'end'] as const) {
        expect(verdict(room, actor, { kind })).toBe('INVALID_TRANSITION')
      }
      for (const kind of ['start', 'resume'] as const) {
        expect(eventsOf(decide(room, actor, { kind }))).toEqual([])
      }
    }
  })

  test('joining changes nothing for its two members, and nobody can leave', () => {
    expect(eventsOf(decide(own, mia, { kind: 'join' }))).toEqual([])
    expect(verdict(own, mia, { kind: 'leave' })).toBe('INVALID_TRANSITION')
  })

  test('nobody is added, promoted or removed', () => {
    const add = (target: Person, role: 'MODERATOR' | 'MEMBER'): RoomCommand => ({ kind: 'add', target, role })
    const remove = (target: Person): RoomCommand => ({ kind: 'remove', target, isKnown: true, reason: null })
    for (const command of [add(olga.person, 'MEMBER'), add(mia.person, 'MODERATOR'), remove(mia.person)]) {
      expect(verdict(own, max, command)).toBe('FORBIDDEN')
      expect(verdict(withAdmin, admin, command)).toBe('INVALID_TRANSITION')
    }
    expect(verdict(directRoom(service, mia), service, add(olga.person, 'MEMBER'))).toBe('INVALID_TRANSITION')
  })

  test('its two do not mute each other; one who moderates everywhere may', () => {
    const mute: RoomCommand = { kind: 'mute', target: mia.person, until: null }
    expect(verdict(own, max, mute)).toBe('FORBIDDEN')
    expect(verdict(withAdmin, admin, mute)).toBe('ACCEPTED')
  })

  test('settings stay as they are', () => {
    expect(verdict(own, mia, { kind: 'update', name: 'Ours' })).toBe('FORBIDDEN')
    expect(verdict(withAdmin, admin, { kind: 'update', visibility: 'PUBLIC' })).toBe('INVALID_TRANSITION')
  })
})

const people = [mia, max, admin, service, tokenModerator, olga]
const target = fc.constantFrom(...people.map((actor) => actor.person))
const moment = fc.option(fc.integer({ min: -60, max: 60 }).map(inMinutes))
const anyCommand: fc.Arbitrary<RoomCommand> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('start', 'pause', 'resume', 'end', 'join', 'leave', 'applyDue'),
  }),
  target.map(open),
  fc.record({ kind: fc.constant('add'), target, role: fc.constantFrom('MODERATOR', 'MEMBER') }),
  fc.record({ kind: fc.constant('remove'), target, isKnown: fc.boolean(), reason: fc.constant(null) }),
  fc.record({ kind: fc.constant('mute'), target, until: moment }),
  fc.record({
    kind: fc.constant('update'),
    name: fc.constantFrom('Ours', undefined),
    visibility: fc.constantFrom('PUBLIC', 'MEMBERS', undefined),
    startsAt: fc.option(moment, { nil: undefined }),
    endsAt: fc.option(moment, { nil: undefined }),
  }),
  fc.constant(createCommand()),
)

describe('in any sequence of commands', PATIENTLY, () => {
  test('a direct room stays LIVE, with exactly its two members', () => {
    const pair = fc.constantFrom([mia, max] as const, [admin, mia] as const, [service, admin] as const)
    const acts = fc.array(
      fc.record({
        actor: fc.oneof(fc.constantFrom(...people), fc.constant(SYSTEM)),
        command: anyCommand,
      }),
    )
    fc.assert(
      fc.property(pair, acts, ([one, other], script) => {
        let state: RoomFacts | null = opened(one, other.person)
        const { room } = state
        for (const [index, { actor, command }] of script.entries()) {
          const decision = decideRoom(state, command, { now: later(NOW, index * 60_000), actor })
          if (decision.kind !== 'accepted') continue
          state = decision.events.reduce<RoomFacts | null>(evolveRoom, state)
          expect(state?.room).toEqual(room)
          const standing = [...(state?.memberships.values() ?? [])]
          expect(standing.map(({ user, status, role }) => [user, status, role])).toEqual(
            [one, other].map(({ person: user }) => [user, 'member', 'MEMBER']),
          )
        }
      }),
      runs(500),
    )
  })
})
