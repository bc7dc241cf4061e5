import { describe, expect, test } from 'vitest'
import { type Breaches, breachCount, check } from './check.ts'
import type { Attempted, Records, Seen, Stored } from './records.ts'

const TOPIC = 'messages:a'
const NOTHING: Breaches = {
  lost: 0,
  unseen: 0,
  repeated: 0,
  disordered: 0,
  unentitled: 0,
  ambiguous: 0,
  invented: 0,
  skipped: 0,
  untold: 0,
}

function stored(offset: number): Stored {
  return { topic: TOPIC, epoch: 1, offset, atMs: 1000 * offset, effect: `key ${offset}` }
}

function attempted(offset: number, change: Partial<Attempted> = {}): Attempted {
  const answers = [{ kind: 'accepted', offset, id: `message ${offset}` }] as const
  const key = `key ${offset}`
  const times = { beganMs: 1000 * offset - 5, endedMs: 1000 * offset + 1 }
  return { key, topic: TOPIC, effect: key, attempts: 1, answers, ...times, ...change }
}

function seen(offset: number, change: Partial<Seen> = {}): Seen {
  const atMs = 1000 * offset + 5
  return {
    subscription: 'ann',
    topic: TOPIC,
    kind: 'entry',
    epoch: 1,
    offset,
    isReset: false,
    atMs,
    effect: change.kind === 'snapshot' ? null : `key ${offset}`,
    ...change,
  }
}

const SNAPSHOT = seen(0, { kind: 'snapshot' })

/** Three successful commands, and a client that saw all of them. */
function sound(change: Partial<Records> = {}): Records {
  return {
    attempted: [1, 2, 3].map((offset) => attempted(offset)),
    stored: [1, 2, 3].map(stored),
    reaches: [{ topic: TOPIC, epoch: 1, head: 3, floor: 0 }],
    seen: [SNAPSHOT, seen(1), seen(2), seen(3)],
    barred: [],
    replaced: [],
    ...change,
  }
}

const breachesOf = (change: Partial<Records>): Breaches => check(sound(change)).breaches

describe('A run in which all went well', () => {
  test('has no breach, and says what was compared', () => {
    const result = check(sound())

    expect(result).toEqual({
      breaches: NOTHING,
      delayMs: { p50: 5, p99: 5, max: 5 },
      resets: 0,
      compared: { commands: 3, entries: 3, payloads: 4, subscriptions: 1, retried: 0 },
    })
    expect(breachCount(result)).toBe(0)
  })

  test('may have begun for a client in the middle, by a snapshot', () => {
    expect(breachesOf({ seen: [seen(2, { kind: 'snapshot' }), seen(3)] })).toEqual(NOTHING)
  })
})

describe('The checker counts', () => {
  test('what was accepted and is not in the database', () => {
    expect(breachesOf({ stored: [1, 2].map(stored), seen: [SNAPSHOT, seen(1), seen(2)] })).toEqual({
      ...NOTHING,
      lost: 1,
      skipped: 1,
    })
  })

  test('what a client never saw, in the middle and at the end', () => {
    expect(breachesOf({ seen: [SNAPSHOT, seen(1), seen(3)] })).toEqual({ ...NOTHING, unseen: 1 })
    expect(breachesOf({ seen: [SNAPSHOT] })).toEqual({ ...NOTHING, unseen: 3 })
  })

  test('as unseen what a snapshot passes over that does not say that it is a reset', () => {
    const again = (isReset: boolean) => [SNAPSHOT, seen(1), seen(3, { kind: 'snapshot', isReset })]

    expect(breachesOf({ seen: again(false) })).toEqual({ ...NOTHING, unseen: 2 })
    expect(check(sound({ seen: again(true) }))).toMatchObject({ breaches: NOTHING, resets: 1 })
  })

  test('what a client saw twice', () => {
    expect(breachesOf({ seen: [SNAPSHOT, seen(1), seen(2), seen(2), seen(3)] })).toEqual({
      ...NOTHING,
      repeated: 1,
    })
  })

  test('what came after something later', () => {
    expect(breachesOf({ seen: [SNAPSHOT, seen(1), seen(3), seen(2)] })).toEqual({ ...NOTHING, disordered: 1 })
  })

  test('what was seen after the right to it ended, and asks for nothing from then on', () => {
    const barred = [{ subscription: 'ann', fromMs: 2500, closedMs: 4000 }]

    expect(breachesOf({ barred })).toEqual({ ...NOTHING, unentitled: 1 })
    expect(breachesOf({ barred, seen: [SNAPSHOT, seen(1), seen(2)] })).toEqual(NOTHING)
    const late = [SNAPSHOT, seen(1), seen(2, { atMs: 4001 })]
    expect(breachesOf({ barred, seen: late })).toEqual({ ...NOTHING, unentitled: 1 })
    const snapshot = [SNAPSHOT, seen(1), seen(2), seen(2, { kind: 'snapshot', atMs: 4001 })]
    expect(breachesOf({ barred, seen: snapshot })).toEqual({ ...NOTHING, unentitled: 1 })
  })

  test('what was seen and is not in the database', () => {
    expect(breachesOf({ seen: [SNAPSHOT, seen(1), seen(2), seen(3), seen(4)] })).toEqual({
      ...NOTHING,
      invented: 1,
    })
  })

  test('offsets that the database does not have', () => {
    const reaches = [{ topic: TOPIC, epoch: 1, head: 4, floor: 0 }]
    const holed = [stored(1), stored(2), stored(4)]
    const four = [SNAPSHOT, seen(1), seen(2), seen(4)]

    const result = breachesOf({ attempted: [], stored: holed, reaches, seen: four })
    expect(result).toEqual({ ...NOTHING, skipped: 1 })
  })

  test('commands with two effects, with an effect though rejected, or with unlike answers', () => {
    const others = [attempted(2), attempted(3)]
    const rejected = { kind: 'rejected', code: 'BID_TOO_LOW' } as const
    const ambiguous = { ...NOTHING, ambiguous: 1 }
    const unanswered = attempted(1, { answers: [] })

    expect(breachesOf({ attempted: [attempted(1, { answers: [rejected] }), ...others] })).toEqual(ambiguous)
    expect(
      breachesOf({ attempted: [attempted(1, { answers: [rejected, ...attempted(1).answers] }), ...others] }),
    ).toEqual(ambiguous)
    const twice = [stored(1), { ...stored(2), effect: 'key 1' }, stored(3)]
    const both = [SNAPSHOT, seen(1), seen(2, { effect: 'key 1' }), seen(3)]
    expect(breachesOf({ attempted: [unanswered, attempted(3)], stored: twice, seen: both })).toEqual(
      ambiguous,
    )
    expect(breachesOf({ attempted: [unanswered, ...others] })).toEqual(NOTHING)
  })

  test('what retention forgot neither as lost nor as invented', () => {
    const reaches = [{ topic: TOPIC, epoch: 1, head: 3, floor: 1 }]

    expect(breachesOf({ stored: [2, 3].map(stored), reaches })).toEqual(NOTHING)
  })
})

/** The replica had one entry. Two were lost; the new history, with another epoch, has one in their place. */
function failedOver(change: Partial<Records> = {}): Records {
  const effect = 'key 4'
  return sound({
    attempted: [1, 2, 3, 4].map((offset) =>
      attempted(offset, offset < 4 ? {} : { answers: [{ kind: 'accepted', offset: 2, id: 'message 4' }] }),
    ),
    stored: [
      { ...stored(1), epoch: 2 },
      { ...stored(2), epoch: 2, atMs: 4000, effect },
    ],
    reaches: [{ topic: TOPIC, epoch: 2, head: 2, floor: 0 }],
    seen: [SNAPSHOT, seen(1), seen(2), seen(3), TOLD, seen(2, { epoch: 2, atMs: 4005, effect })],
    replaced: [{ fromMs: 1500, untilMs: 3500, lacksTail: true }],
    ...change,
  })
}

const TOLD = seen(1, { kind: 'snapshot', epoch: 2, isReset: true, atMs: 3600 })
const breachesAfter = (change: Partial<Records>): Breaches => check(failedOver(change)).breaches

describe('A run in which a replica without the tail was promoted', () => {
  test('has no breach where every client was told, and saw the new history', () => {
    expect(check(failedOver())).toMatchObject({ breaches: NOTHING, resets: 1 })
  })

  test('may have had a command accepted once in the lost tail, and once more afterwards', () => {
    const again = attempted(2, { endedMs: 4200 })
    const [first, , third, fourth] = failedOver().attempted
    const all = [first, again, third, fourth].filter((one) => one !== undefined)

    expect(breachesAfter({ attempted: all })).toEqual(NOTHING)
  })

  test('counts as lost what was accepted before the tail, or after it', () => {
    const [, second] = failedOver().stored
    const accepted = second === undefined ? [] : [{ ...second, offset: 1 }]

    expect(breachesAfter({ stored: accepted })).toMatchObject({ lost: 1 })
    expect(breachesAfter({ stored: failedOver().stored.slice(0, 1) })).toMatchObject({ lost: 1 })
  })

  test('counts clients that were told of no reset, also where they saw everything', () => {
    const untold = [SNAPSHOT, seen(1), seen(2), seen(3), seen(2, { epoch: 2, atMs: 4005, effect: 'key 4' })]

    expect(breachesAfter({ seen: untold })).toMatchObject({ untold: 1 })
  })

  test('counts as unseen what stands in the place of a lost entry that was seen', () => {
    const kept = { epoch: 1 } as const
    const change = {
      stored: failedOver().stored.map((entry) => ({ ...entry, ...kept })),
      reaches: [{ topic: TOPIC, epoch: 1, head: 2, floor: 0 }],
      seen: [SNAPSHOT, seen(1), seen(2), seen(3)],
    }

    expect(breachesAfter(change)).toMatchObject({ unseen: 1, untold: 1 })
  })

  test('counts as unseen what no payload after the reset brought', () => {
    expect(breachesAfter({ seen: failedOver().seen.slice(0, -1) })).toEqual({ ...NOTHING, unseen: 1 })
  })

  test('counts as invented what is shown after the reset and is not in the database', () => {
    const lost = seen(3, { epoch: 2, atMs: 4010 })

    expect(breachesAfter({ seen: [...failedOver().seen, lost] })).toEqual({ ...NOTHING, invented: 1 })
  })

  test('counts a reset for the replacement before it only', () => {
    const replaced = [...failedOver().replaced, { fromMs: 4500, untilMs: 5000, lacksTail: true }]
    const whole = replaced.map((one) => ({ ...one, lacksTail: false }))

    expect(breachesAfter({ replaced })).toMatchObject({ untold: 1 })
    expect(breachesAfter({ replaced: whole })).toEqual(NOTHING)
  })
})
