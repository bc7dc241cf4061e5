import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Actor, SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { type Instant, later } from '../../../src/engine/kernel/instant.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import type { RoomCommand } from '../../../src/features/rooms/rules/command.ts'
import { decideRoom } from '../../../src/features/rooms/rules/decide.ts'
import { isPublicEvent, type RoomEvent } from '../../../src/features/rooms/rules/event.ts'
import { evolveRoom } from '../../../src/features/rooms/rules/evolve.ts'
import { dueAt } from '../../../src/features/rooms/rules/lifecycle.ts'
import type { RoomFacts } from '../../../src/features/rooms/rules/room.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'
import { admin, createCommand, max, mia, molly, NOW, olga, service, tokenModerator } from './room.fixture.ts'

const PEOPLE = [olga, molly, mia, max, admin, service, tokenModerator]
const HOUR_MS = 3_600_000

interface Act {
  readonly actor: Actor
  readonly command: RoomCommand
  /** How long after the act before. */
  readonly afterMs: number
}

/** One act as it was decided, with the state on both sides of it. */
interface Scene extends Act {
  readonly now: Instant
  readonly before: RoomFacts | null
  readonly after: RoomFacts | null
  readonly events: readonly RoomEvent[]
  readonly kind: 'accepted' | 'rejected' | 'forbidden'
}

const target = fc.constantFrom(...PEOPLE.map((actor) => actor.person))
const moment = fc.option(fc.integer({ min: -HOUR_MS, max: 4 * HOUR_MS }).map((ms) => later(NOW, ms)))
const visibility = fc.constantFrom('PUBLIC', 'AUTHENTICATED', 'MEMBERS', 'ADMIN')
const roomKind = fc.constantFrom('LOBBY', 'AUCTION', 'TRADE', 'CHAT', 'DIRECT')

const create: fc.Arbitrary<RoomCommand> = fc.record({
  kind: fc.constant('create'),
  id: fc.constant(asRoomId('room_1')),
  name: fc.constantFrom('Stamps', ' Stamps ', ''),
  roomKind,
  visibility,
  startsAt: moment,
  endsAt: moment,
  ranking: fc.constant('STANDARD'),
  disclosure: fc.constant('OWN'),
})

const update: fc.Arbitrary<RoomCommand> = fc.record({
  kind: fc.constant('update'),
  name: fc.option(fc.constantFrom('Stamps', 'Coins', ' '), { nil: undefined }),
  visibility: fc.option(visibility, { nil: undefined }),
  startsAt: fc.option(moment, { nil: undefined }),
  endsAt: fc.option(moment, { nil: undefined }),
})

/** What ends a room, or hides it from most, is rare, so that a room lives long enough to be interesting. */
const command: fc.Arbitrary<RoomCommand> = fc.oneof(
  create,
  update,
  fc.constant<RoomCommand>({ kind: 'end' }),
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('start', 'pause', 'resume', 'applyDue') }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('join', 'leave') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('add'),
      target,
      role: fc.constantFrom('OWNER', 'MODERATOR', 'MEMBER'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('remove'),
      target,
      isKnown: fc.boolean(),
      reason: fc.constantFrom(null, 'spam'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('mute'), target, until: moment }) },
)

const act: fc.Arbitrary<Act> = fc.record({
  actor: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PEOPLE) }, fc.constant(SYSTEM)),
  command,
  afterMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: HOUR_MS })),
})

const opening: fc.Arbitrary<Act> = fc.record({
  actor: fc.constant(olga),
  command: fc
    .record({
      visibility: fc.constantFrom('PUBLIC', 'AUTHENTICATED', 'MEMBERS'),
      startsAt: fc.constantFrom(null, later(NOW, HOUR_MS)),
      endsAt: fc.constantFrom(null, later(NOW, 2 * HOUR_MS)),
    })
    .map(createCommand),
  afterMs: fc.constant(0),
})

/** A history that begins with a room nearly always, so that there is something to act on. */
const acts = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(opening, fc.array(act, { maxLength: 60, size: 'max' }))
      .map(([first, rest]) => [first, ...rest]),
  },
  fc.array(act),
)

function play(script: readonly Act[]): readonly Scene[] {
  let now = NOW
  let state: RoomFacts | null = null
  return script.map((one) => {
    now = later(now, one.afterMs)
    const before: RoomFacts | null = state
    const decision = decideRoom(before, one.command, { now, actor: one.actor })
    const events = decision.kind === 'accepted' ? decision.events : []
    state = events.reduce<RoomFacts | null>(evolveRoom, before)
    return { ...one, now, before, after: state, events, kind: decision.kind }
  })
}

const everyScene = (check: (scene: Scene) => void): void =>
  fc.assert(
    fc.property(acts, (script) => {
      for (const scene of play(script)) check(scene)
    }),
    runs(500),
  )

const statusIn = (state: RoomFacts | null, actor: Actor) =>
  actor.kind === 'user' ? state?.memberships.get(actor.person.id)?.status : undefined

describe('in any sequence of commands', PATIENTLY, () => {
  test('memberCount is the number of members', () => {
    everyScene(({ after }) => {
      const members = [...(after?.memberships.values() ?? [])].filter((one) => one.status === 'member')
      expect(after?.room.memberCount ?? 0).toBe(members.length)
    })
  })

  test('folding all events from the beginning gives the state', () => {
    fc.assert(
      fc.property(acts, (script) => {
        const scenes = play(script)
        const all = scenes.flatMap((scene) => scene.events)
        const state = scenes.at(-1)?.after ?? null
        expect(all.reduce<RoomFacts | null>(evolveRoom, null)).toEqual(state)
      }),
      runs(100),
    )
  })

  test('a refusal changes nothing', () => {
    everyScene(({ kind, before, after }) => {
      if (kind !== 'accepted') expect(after).toBe(before)
    })
  })

  test('removed users never return by their own command, except by a right to add', () => {
    everyScene(({ actor, command, before, after }) => {
      const cameBack = statusIn(before, actor) === 'removed' && statusIn(after, actor) === 'member'
      if (cameBack) expect(command.kind).toBe('add')
      if (statusIn(before, actor) === 'removed' && command.kind === 'join') expect(after).toBe(before)
    })
  })

  test('a room has one owner, who is a member until it has ended', () => {
    everyScene(({ after }) => {
      if (after === null) return
      const owners = [...after.memberships.values()].filter((one) => one.role === 'OWNER')
      expect(owners.map((one) => one.user)).toEqual([after.room.owner])
      if (after.room.phase !== 'ENDED') expect(owners[0]?.status).toBe('member')
    })
  })

  test('an accepted command repeated at once makes no event, creating and leaving aside', () => {
    everyScene(({ actor, command, kind, after, now }) => {
      if (kind !== 'accepted' || command.kind === 'create' || command.kind === 'leave') return
      const again = decideRoom(after, command, { now, actor })
      // Users who gave up seeing or moderating the room by their own command are refused the second time.
      if (again.kind === 'accepted') expect(again.events).toEqual([])
    })
  })

  test('a room that has ended stays so, and so do its times', () => {
    everyScene(({ before, after }) => {
      if (before?.room.phase !== 'ENDED') return
      expect({ ...after?.room, memberCount: 0 }).toEqual({ ...before.room, memberCount: 0 })
    })
  })

  test('an event that carries the room carries it as it is right after', () => {
    everyScene(({ before, events }) => {
      events.reduce<RoomFacts | null>((state, event) => {
        const next = evolveRoom(state, event)
        if ('room' in event) expect(event.room).toEqual(next.room)
        return next
      }, before)
    })
  })

  test('creating is the only event without an entry', () => {
    everyScene(({ events }) => {
      for (const event of events) {
        expect(isPublicEvent(event)).toBe(event.type !== 'RoomCreated')
      }
    })
  })

  test('time does something exactly when the room is due', () => {
    everyScene(({ after, now }) => {
      if (after === null) return
      const decision = decideRoom(after, { kind: 'applyDue' }, { now, actor: SYSTEM })
      const due = dueAt(after.room)
      const isDue = due !== null && due <= now
      expect(decision.kind === 'accepted' && decision.events.length > 0).toBe(isDue)
    })
  })
})
