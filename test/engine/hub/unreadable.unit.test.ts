import type { GraphQLError } from 'graphql'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Entry } from '../../../src/engine/history/entry.ts'
import type { HubEvents } from '../../../src/engine/hub/hub.ts'
import type { Source } from '../../../src/engine/hub/source.ts'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { asOffset } from '../../../src/engine/kernel/position.ts'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'
import type { Viewer } from '../../../src/platform/auth/viewer.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, TOPIC } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf, type TestReader } from './reader.ts'

const VIEWER: Viewer = {
  user: { id: asUserId('ann'), name: 'Ann' },
  roles: new Set(['USER']),
  expiresAt: instant(0),
  issuedAt: null,
}

/** A topic with entries that its source can't present, for as long as they are in `bad`. */
function given(how: 'present' | 'prepare' | 'prepare all' = 'present') {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const bad = new Set<number>()
  const masked: unknown[] = []
  const events: Partial<HubEvents> = {
    mask(error) {
      masked.push(error)
      return Object.assign(new Error(String(error)), { extensions: {} }) as GraphQLError
    },
  }
  const hub = createTestHub(history, bus, {}, events)
  onTestFinished(() => hub.close())
  const plain = sourceOf(history)
  const check = ({ offset }: Entry): void => {
    if (bad.has(offset)) throw new Error(`no form for ${offset}`)
  }
  const source: Source = {
    ...plain,
    isSnapshotShared: false,
    ...(how === 'present'
      ? {}
      : {
          prepare: async (_topic: unknown, entries: readonly Entry[]) => {
            if (how === 'prepare all') entries.forEach(check)
            return entries
          },
        }),
    present(entry, prepared) {
      if (how !== 'prepare all') check(entry)
      return plain.present(entry, prepared)
    },
  }
  const cursorAt = (offset: number) => encodeCursor(TOPIC, { ...history.position, offset: asOffset(offset) })
  return {
    ...{ history, bus, hub, bad, masked, source },
    open: (after: number | null = null, key = 'same') =>
      openReader(hub, source, after === null ? null : cursorAt(after), key),
    async deliver(count: number) {
      bus.deliver(history.append(count))
      await settled()
    },
  }
}

const offsets = ({ received }: TestReader) => received.map(({ offset }) => offset)

describe.each(['present', 'prepare', 'prepare all'] as const)('An entry that fails at "%s"', (how) => {
  test('ends its readers after what came before it, and none of them has a hole', async () => {
    const { open, deliver, bad, hub, masked } = given(how)
    const readers = [open(), open(), open(null, 'other')]
    await settled()
    bad.add(3)
    await deliver(1)
    await deliver(4)
    await deliver(1)
    for (const reader of readers) {
      expect(offsets(reader)).toEqual([0, 1, 2])
      expect(reader.error?.message).toContain('Entry 3 of test:1 cannot be presented.')
    }
    expect(masked).toHaveLength(1)
    expect(hub.stats()).toMatchObject({ unreadableEntries: 1, subscribers: 3 })
  })

  test('is what a reader who resumes gets again, until it can be presented', async () => {
    const { open, deliver, bad } = given(how)
    open()
    await settled()
    bad.add(3)
    await deliver(5)
    const again = open(2)
    await settled()
    expect(offsets(again)).toEqual([])
    expect(again.isEnded).toBe(true)
    bad.clear()
    // Pages are shared for two seconds; another hub has none.
    const fresh = given(how)
    fresh.history.append(5)
    const resumed = fresh.open(2)
    await settled()
    expect(offsets(resumed)).toEqual([3, 4, 5])
  })

  test('lets those before it through to a reader who catches up from far behind', async () => {
    const { open, history, bad } = given(how)
    history.append(700)
    bad.add(333)
    const reader = open(10)
    await settled()
    expect(offsets(reader)).toEqual(Array.from({ length: 322 }, (_, index) => index + 11))
    expect(reader.isEnded).toBe(true)
  })

  test('does not reach a reader whose snapshot includes it', async () => {
    const { open, deliver, history, bus, bad } = given(how)
    const early = open()
    await settled()
    bad.add(1)
    const notice = history.append(1)
    const late = open(null, 'late')
    await settled()
    bus.deliver(notice)
    await settled()
    await deliver(2)
    expect(offsets(early)).toEqual([0])
    expect(early.isEnded).toBe(true)
    expect(offsets(late)).toEqual([1, 2, 3])
    expect(late.isEnded).toBe(false)
    const newcomer = open()
    await settled()
    await deliver(1)
    expect(offsets(newcomer)).toEqual([3, 4])
  })
})

test('Entries whose preparation fails once are read from the history, without a hole', async () => {
  const { hub, history, bus, source, deliver } = given('prepare')
  let fails = 0
  const failing: Source = {
    ...source,
    async prepare(_topic, entries) {
      if (fails > 0) {
        fails -= 1
        throw new DatabaseUnavailable()
      }
      return entries
    },
  }
  const reader = openReader(hub, failing)
  await settled()
  await deliver(1)
  fails = 1
  bus.deliver(history.append(1))
  bus.deliver(history.append(1))
  await settled()
  await deliver(1)
  expect(offsets(reader)).toEqual([0, 1, 2, 3, 4])
})

test('Readers get UNAVAILABLE when entries cannot be prepared because the database is away', async () => {
  const { hub, source, deliver, masked } = given('prepare')
  let isAway = false
  const failing: Source = {
    ...source,
    async prepare(_topic, entries) {
      if (isAway) throw new DatabaseUnavailable()
      return entries
    },
  }
  const reader = openReader(hub, failing)
  await settled()
  isAway = true
  await deliver(3)
  expect(offsets(reader)).toEqual([0])
  expect(reader.error?.message).toContain('The database is not available')
  expect(masked).toHaveLength(1)
  expect(hub.stats().unreadableEntries).toBe(0)
})

describe('A reader that fails', () => {
  test('is ended alone when the check whether it may see an entry throws', async () => {
    const { hub, source, deliver } = given()
    const choosy: Source = {
      ...source,
      sees(event, _prepared, viewer) {
        if (viewer !== null && event.position.offset === 2) throw new Error('no such right')
        return true
      },
    }
    const [failing, other] = [
      openReader(hub, choosy, null, 'same', undefined, VIEWER),
      openReader(hub, choosy),
    ]
    await settled()
    await deliver(3)
    expect(offsets(other)).toEqual([0, 1, 2, 3])
    expect(offsets(failing)).toEqual([0, 1])
    expect(failing.error?.message).toContain('no such right')
  })

  test('is ended alone where its sink throws, whatever group it is in', async () => {
    const { open, deliver } = given()
    const readers = [open(), open(), open(null, 'other')]
    await settled()
    readers[0]?.break()
    await deliver(2)
    await deliver(1)
    const [failing, ...others] = readers
    for (const other of others) expect(offsets(other)).toEqual([0, 1, 2, 3])
    expect(failing?.error?.message).toContain('broken')
    expect(failing && offsets(failing)).toEqual([0])
  })

  test('is ended with its group where an entry cannot be rendered, and other groups are not', async () => {
    const { hub, source, deliver } = given()
    const fail = (offset: number): undefined => {
      if (offset === 2) throw new Error('no such field')
    }
    const [one, two, other] = [
      openReader(hub, source, null, 'failing', fail),
      openReader(hub, source, null, 'failing', fail),
      openReader(hub, source),
    ]
    await settled()
    await deliver(3)
    for (const reader of [one, two]) {
      expect(offsets(reader)).toEqual([0, 1])
      expect(reader.error?.message).toContain('Entry 2 of test:1')
    }
    expect(offsets(other)).toEqual([0, 1, 2, 3])
  })

  test('resumes once the entry that could not be rendered is mended', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const { hub, source, deliver } = given()
    let isBad = true
    const corrupt: Source = {
      ...source,
      present(entry, prepared) {
        const event = source.present(entry, prepared)
        const isCorrupt = isBad && entry.offset === 2
        return isCorrupt ? { ...event, position: { ...event.position, offset: asOffset(-1) } } : event
      },
    }
    const fail = (offset: number): undefined => {
      if (offset < 0) throw new Error('no such field')
    }
    const reader = openReader(hub, corrupt, null, 'failing', fail)
    await settled()
    await deliver(3)
    expect(offsets(reader)).toEqual([0, 1])
    isBad = false
    vi.advanceTimersByTime(2_000)
    const again = openReader(hub, corrupt, reader.cursor, 'failing', fail)
    await settled()
    expect(offsets(again)).toEqual([2, 3])
  })

  test('is ended, after what came before, where an entry cannot be rendered that takes time to', async () => {
    const { hub, source, deliver } = given()
    const read = async (offset: number) => {
      if (offset === 2) throw new Error('no such row')
      return offset
    }
    const [reader, other] = [openReader(hub, source, null, 'slow', read), openReader(hub, source)]
    await settled()
    await deliver(3)
    expect(offsets(reader)).toEqual([0, 1])
    expect(reader.error?.message).toContain('Entry 2 of test:1')
    expect(offsets(other)).toEqual([0, 1, 2, 3])
  })
})

test('A notice that cannot be read is reported, and its entries come from the history', async () => {
  const faults: unknown[] = []
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus, {}, { onFault: (_topic, error) => faults.push(error) })
  onTestFinished(() => hub.close())
  const reader = openReader(hub, sourceOf(history))
  await settled()
  history.append(2)
  bus.deliver('{"v":2,"entries":"of a newer version"}')
  await settled()
  bus.deliver(history.append(1))
  await settled()
  expect(offsets(reader)).toEqual([0, 1, 2, 3])
  expect(faults).toEqual([expect.objectContaining({ message: expect.stringContaining('cannot be parsed') })])
})

test('A history with a hole in it starts its readers over: they are never sent across it', async () => {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const holed = Object.assign(Object.create(history), {
    readAfter: async (...[topic, position, limit]: Parameters<typeof history.readAfter>) =>
      (await history.readAfter(topic, position, limit)).filter(({ offset }) => offset !== 3),
  })
  const hub = createTestHub(holed, bus)
  onTestFinished(() => hub.close())
  const reader = openReader(hub, sourceOf(history))
  await settled()
  history.append(4)
  bus.deliver('')
  await settled()
  expect(reader.received).toEqual([
    { kind: 'snapshot', offset: 0, reset: false },
    { kind: 'entry', offset: 1 },
    { kind: 'entry', offset: 2 },
    { kind: 'snapshot', offset: 4, reset: true },
  ])
})

test('A listener of a topic that throws keeps nothing from its readers, and is reported', async () => {
  const reported: unknown[] = []
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(
    history,
    bus,
    {},
    { onListenerFault: (_topic, error) => reported.push(String(error)) },
  )
  onTestFinished(() => hub.close())
  const told: unknown[] = []
  await hub.follow(TOPIC, {
    onEntries() {
      throw new Error('a bug')
    },
    onDiscontinuity: () => {},
    onFault: (error) => told.push(String(error)),
  })
  const reader = openReader(hub, sourceOf(history))
  await settled()
  bus.deliver(history.append(2))
  await settled()
  expect(offsets(reader)).toEqual([0, 1, 2])
  expect(told).toEqual(['Error: a bug'])
  expect(reported).toEqual(told)
  expect(hub.stats().listenerFaults).toBe(1)
})

test.each([
  [new DatabaseUnavailable(), 0],
  [new Error('a column is missing'), 1],
] as const)('A check of the heads that fails with %s is reported %i times', async (fault, count) => {
  const reported: unknown[] = []
  const history = createFakeHistory()
  const checked = Promise.withResolvers<void>()
  const failing = Object.assign(Object.create(history), {
    async heads() {
      checked.resolve()
      throw fault
    },
  })
  const onCheckFault = (error: unknown): void => void reported.push(error)
  const hub = createTestHub(failing, createFakeBus(), { checkEveryMs: 1 }, { onCheckFault })
  await checked.promise
  hub.close()
  await settled()
  expect(reported).toEqual(Array.from({ length: count }, () => fault))
})
