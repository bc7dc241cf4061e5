import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Actor, SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { asOffset, type Offset } from '../../../src/engine/kernel/position.ts'
import type { ReceiptCommand } from '../../../src/features/messages/rules/receipts/command.ts'
import { decideReceipt, type ReceiptContext } from '../../../src/features/messages/rules/receipts/decide.ts'
import type { ReceiptEvent } from '../../../src/features/messages/rules/receipts/event.ts'
import { evolveMarks } from '../../../src/features/messages/rules/receipts/evolve.ts'
import {
  countReceipts,
  type Marks,
  showsReceipts,
} from '../../../src/features/messages/rules/receipts/marks.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'
import {
  admin,
  directRoom,
  eventsOf,
  inMinutes,
  max,
  member,
  mia,
  molly,
  olga,
  roomWith,
  service,
  stranger,
  tokenModerator,
  verdictOf,
} from '../rooms/room.fixture.ts'

const marks = (deliveredThrough: number, readThrough: number): Marks => ({
  deliveredThrough: asOffset(deliveredThrough),
  readThrough: asOffset(readThrough),
})

/** The last of the messages at `offsets` that stands at or before an offset. */
const lastOf =
  (...offsets: readonly number[]) =>
  (offset: Offset): Offset =>
    asOffset(Math.max(0, ...offsets.filter((each) => each <= offset)))

const advance = (change: { delivered?: number; read?: number }): ReceiptCommand => ({
  kind: 'advance',
  deliveredThrough: change.delivered ?? null,
  readThrough: change.read ?? null,
})

/** In a room with messages at 1 to 9, of which mia has 5 delivered and has read 3. */
const decide = (actor: Actor, command: ReceiptCommand, change: Partial<ReceiptContext> = {}) =>
  decideReceipt(command, {
    actor,
    room: roomWith(),
    marks: marks(5, 3),
    head: asOffset(9),
    lastMessageAt: lastOf(1, 2, 3, 4, 5, 6, 7, 8, 9),
    ...change,
  })

const verdict = (actor: Actor, command: ReceiptCommand, change: Partial<ReceiptContext> = {}) =>
  verdictOf(decide(actor, command, change))

const events = (command: ReceiptCommand, change: Partial<ReceiptContext> = {}) =>
  eventsOf(decide(mia, command, change))

const moved = (delivered: number, read: number, isShown = true): ReceiptEvent => ({
  type: 'ReceiptAdvanced',
  user: mia.person,
  ...marks(delivered, read),
  isShown,
})

describe('whose marks move', () => {
  test('is a member’s alone, whatever they may do otherwise', () => {
    expect(decide(mia, advance({ read: 4 }))).toMatchObject({ reply: { userId: mia.person.id } })
    for (const actor of [stranger, admin, service, tokenModerator]) {
      expect(verdict(actor, advance({ read: 4 }), { marks: undefined })).toBe('NOT_A_MEMBER')
    }
    const left = roomWith({}, [member(mia, { status: 'left' })])
    expect(verdict(mia, advance({ read: 4 }), { room: left })).toBe('NOT_A_MEMBER')
    expect(verdict(mia, advance({ read: 4 }), { marks: undefined })).toBe('NOT_A_MEMBER')
  })

  test('finds no room where the actor sees none', () => {
    const hidden = { room: roomWith({ visibility: 'MEMBERS' }), marks: undefined }
    expect(verdict(stranger, advance({ read: 4 }), hidden)).toBe('NOT_FOUND roomId')
    const direct = { room: directRoom(mia, max), marks: undefined }
    for (const actor of [admin, service]) {
      expect(verdict(actor, advance({ read: 4 }), direct)).toBe('NOT_FOUND roomId')
    }
    expect(verdict(admin, advance({ read: 4 }), { room: null, marks: undefined })).toBe('NOT_FOUND roomId')
  })

  test('is never the server’s', () => {
    expect(verdict(SYSTEM, advance({ read: 4 }))).toBe('FORBIDDEN')
  })

  test('may be muted, in a room that has ended', () => {
    const room = roomWith({ phase: 'ENDED' }, [member(mia, { mutedUntil: inMinutes(5) })])
    expect(verdict(mia, advance({ read: 4 }), { room })).toBe('ACCEPTED')
  })
})

describe('marks', () => {
  test('move forward, each by itself', () => {
    expect(events(advance({ delivered: 7 }))).toEqual([moved(7, 3)])
    expect(events(advance({ read: 4 }))).toEqual([moved(5, 4)])
    expect(events(advance({ delivered: 8, read: 4 }))).toEqual([moved(8, 4)])
  })

  test('never move back: an older offset changes nothing and is accepted', () => {
    for (const command of [
      advance({ delivered: 5 }),
      advance({ delivered: 4 }),
      advance({ delivered: 0 }),
      advance({ read: 3 }),
      advance({ read: 1 }),
      advance({ delivered: 5, read: 3 }),
      advance({ delivered: 1, read: 1 }),
    ]) {
      expect(events(command)).toEqual([])
    }
    expect(events(advance({ delivered: 2, read: 4 }))).toEqual([moved(5, 4)])
    expect(events(advance({ delivered: 7, read: 1 }))).toEqual([moved(7, 3)])
  })

  test('of what was read lie at or before those of what was delivered', () => {
    expect(events(advance({ read: 8 }))).toEqual([moved(8, 8)])
    expect(events(advance({ delivered: 6, read: 8 }))).toEqual([moved(8, 8)])
  })

  test.each([
    { command: advance({ delivered: 10 }), fault: 'INVALID_INPUT deliveredThrough' },
    { command: advance({ read: 10 }), fault: 'INVALID_INPUT readThrough' },
    { command: advance({ delivered: 9, read: 10 }), fault: 'INVALID_INPUT readThrough' },
    { command: advance({ delivered: 10, read: 10 }), fault: 'INVALID_INPUT deliveredThrough' },
    { command: advance({ delivered: -1 }), fault: 'INVALID_INPUT deliveredThrough' },
    { command: advance({ read: -1 }), fault: 'INVALID_INPUT readThrough' },
    { command: advance({}), fault: 'INVALID_INPUT' },
  ])('beyond the head, before the beginning or not given are refused: $fault', ({ command, fault }) => {
    expect(verdict(mia, command)).toBe(fault)
  })

  test('reach the head, even if it is not a message', () => {
    expect(events(advance({ read: 9 }), { lastMessageAt: lastOf(1, 4) })).toEqual([moved(9, 9)])
    const empty = { marks: marks(0, 0), head: asOffset(0), lastMessageAt: lastOf() }
    expect(events(advance({ delivered: 0, read: 0 }), empty)).toEqual([])
    expect(verdict(mia, advance({ delivered: 1 }), empty)).toBe('INVALID_INPUT deliveredThrough')
  })
})

describe('an entry', () => {
  test('announces a mark that passed a message', () => {
    const lastMessageAt = lastOf(4, 7)
    expect(events(advance({ delivered: 6 }), { lastMessageAt })).toEqual([moved(6, 3, false)])
    expect(events(advance({ delivered: 7 }), { lastMessageAt })).toEqual([moved(7, 3)])
    expect(events(advance({ delivered: 6, read: 4 }), { lastMessageAt })).toEqual([moved(6, 4)])
  })

  test('is not made by one that passed edits and the receipts of others: confirming those too would never end', () => {
    const lastMessageAt = lastOf(1, 2, 3)
    expect(events(advance({ delivered: 9, read: 9 }), { lastMessageAt })).toEqual([moved(9, 9, false)])
  })

  test('is made in a room of 200, and not in one of 201, where marks still move', () => {
    expect(events(advance({ read: 8 }), { room: roomWith({ memberCount: 200 }) })).toEqual([moved(8, 8)])
    expect(events(advance({ read: 8 }), { room: roomWith({ memberCount: 201 }) })).toEqual([
      moved(8, 8, false),
    ])
    expect(showsReceipts({ memberCount: 200 })).toBe(true)
    expect(showsReceipts({ memberCount: 201 })).toBe(false)
  })
})

describe('the counts of a message', () => {
  const message = { author: olga.person, offset: asOffset(4) }
  const of = (actor: typeof mia, delivered: number, read: number) => ({
    userId: actor.person.id,
    ...marks(delivered, read),
  })

  test('are of the members whose marks are up to and including it', () => {
    expect(countReceipts([of(mia, 3, 3)], message)).toEqual({ deliveredCount: 0, readCount: 0 })
    expect(countReceipts([of(mia, 4, 3)], message)).toEqual({ deliveredCount: 1, readCount: 0 })
    expect(countReceipts([of(mia, 4, 4), of(max, 9, 5), of(molly, 9, 1)], message)).toEqual({
      deliveredCount: 3,
      readCount: 2,
    })
  })

  test('leave its author out', () => {
    expect(countReceipts([of(olga, 9, 9)], message)).toEqual({ deliveredCount: 0, readCount: 0 })
    expect(countReceipts([], message)).toEqual({ deliveredCount: 0, readCount: 0 })
  })
})

const PEOPLE = [olga, molly, mia, max]

type Act =
  | { readonly kind: 'send' | 'edit' | 'join' | 'leave'; readonly who: number }
  | {
      readonly kind: 'advance'
      readonly who: number
      readonly delivered: number | null
      readonly read: number | null
    }

/** Parts of the history, a little beyond either end of it too. */
const part = fc.option(fc.double({ min: -0.1, max: 1.1, noNaN: true }))
const who = fc.nat({ max: PEOPLE.length - 1 })
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('send', 'edit'), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('join', 'leave'), who }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('advance'), who, delivered: part, read: part }) },
)

/** What a member has, message by message. */
interface Naive {
  readonly delivered: Set<number>
  readonly read: Set<number>
}

/** Plays the acts with marks and, in parallel, with a list of what each member has. `check` sees both after every act. */
function play(
  acts: readonly Act[],
  check: (seen: {
    readonly head: number
    readonly messages: readonly { readonly author: typeof mia; readonly offset: Offset }[]
    readonly before: ReadonlyMap<string, Marks>
    readonly held: ReadonlyMap<string, Marks>
    readonly naive: ReadonlyMap<string, Naive>
    readonly event: ReceiptEvent | undefined
    readonly isNews: boolean
  }) => void,
): void {
  let head = 0
  const messages: { readonly author: typeof mia; readonly offset: Offset }[] = []
  let held: ReadonlyMap<string, Marks> = new Map(PEOPLE.map(({ person }) => [person.id, marks(0, 0)]))
  const naive = new Map<string, Naive>(
    PEOPLE.map(({ person }) => [person.id, { delivered: new Set(), read: new Set() }]),
  )

  for (const one of acts) {
    const actor = PEOPLE[one.who] ?? mia
    const { id } = actor.person
    const before = held
    let event: ReceiptEvent | undefined
    let isNews = false
    switch (one.kind) {
      case 'send':
        head += 1
        messages.push({ author: actor, offset: asOffset(head) })
        break
      case 'edit':
        head += 1
        break
      case 'join': {
        if (held.has(id)) break
        held = new Map(held).set(id, marks(head, head))
        const all = messages.map(({ offset }) => offset)
        naive.set(id, { delivered: new Set(all), read: new Set(all) })
        break
      }
      case 'leave':
        held = new Map([...held].filter(([userId]) => userId !== id))
        naive.delete(id)
        break
      case 'advance': {
        const offsetAt = (share: number | null) => (share === null ? null : Math.round(share * head))
        const [delivered, read] = [offsetAt(one.delivered), offsetAt(one.read)]
        const decision = decideReceipt(
          { kind: 'advance', deliveredThrough: delivered, readThrough: read },
          {
            actor,
            room: roomWith({}, held.has(id) ? [member(actor)] : []),
            marks: held.get(id),
            head: asOffset(head),
            lastMessageAt: lastOf(...messages.map(({ offset }) => offset)),
          },
        )
        if (decision.kind !== 'accepted') break
        ;[event] = decision.events
        if (event !== undefined) held = evolveMarks(held, event)
        if (event?.isShown) head += 1
        const has = naive.get(id)
        if (has === undefined) break
        const known = has.delivered.size + has.read.size
        for (const { offset } of messages) {
          if (offset <= Math.max(delivered ?? 0, read ?? 0)) has.delivered.add(offset)
          if (offset <= (read ?? 0)) has.read.add(offset)
        }
        isNews = has.delivered.size + has.read.size > known
        break
      }
    }
    check({ head, messages, before, held, naive, event, isNews })
  }
}

const everyAct = (check: Parameters<typeof play>[1]): void =>
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: 'max' }), (acts) => play(acts, check)),
    runs(500),
  )

describe('in any sequence of messages, arrivals and receipts', PATIENTLY, () => {
  test('counts equal the members who have the message, counted one by one', () => {
    everyAct(({ messages, held, naive }) => {
      const members = [...held].map(([userId, own]) => ({ userId: asUserId(userId), ...own }))
      for (const { author, offset } of messages) {
        const others = [...naive].filter(([userId]) => userId !== author.person.id)
        expect(countReceipts(members, { author: author.person, offset })).toEqual({
          deliveredCount: others.filter(([, { delivered }]) => delivered.has(offset)).length,
          readCount: others.filter(([, { read }]) => read.has(offset)).length,
        })
      }
    })
  })

  test('an entry is appended exactly when a member has another message', () => {
    everyAct(({ event, isNews }) => expect(event?.isShown ?? false).toBe(isNews))
  })

  test('no mark moves back or beyond the head, nor reading beyond delivery', () => {
    everyAct(({ head, before, held }) => {
      for (const [userId, own] of held) {
        expect(own.readThrough).toBeLessThanOrEqual(own.deliveredThrough)
        expect(own.deliveredThrough).toBeLessThanOrEqual(head)
        const earlier = before.get(userId)
        expect(own.deliveredThrough).toBeGreaterThanOrEqual(earlier?.deliveredThrough ?? 0)
        expect(own.readThrough).toBeGreaterThanOrEqual(earlier?.readThrough ?? 0)
      }
    })
  })

  test('an event is made only where a mark moves, and only the actor’s', () => {
    everyAct(({ event, before, held }) => {
      const changed = [...held].filter(([userId, own]) => before.has(userId) && before.get(userId) !== own)
      expect(changed.map(([userId]) => userId)).toEqual(event === undefined ? [] : [event.user.id])
      for (const [userId, own] of changed) expect(own).not.toEqual(before.get(userId))
    })
  })
})
