import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf } from './reader.ts'

/** Readers whose selections read, for each entry, how often `change` was called; reads of one turn are one. */
function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const source = sourceOf(history)
  const asked: number[] = []
  let reads = 0
  let reading: Promise<number> | undefined
  let value = 0
  async function read(offset: number): Promise<number> {
    asked.push(offset)
    reading ??= turn().then(() => {
      reads += 1
      reading = undefined
      return value
    })
    return reading
  }
  return {
    history,
    bus,
    open: (after: string | null = null, key = 'same') => openReader(hub, source, after, key, read),
    change: () => {
      value += 1
    },
    asked,
    get reads() {
      return reads
    },
  }
}

const entriesOf = (reader: ReturnType<typeof openReader>) =>
  reader.received.filter((each) => each.kind === 'entry').map(({ offset, read }) => `${offset}: ${read}`)

const from1 = (count: number, read: number) =>
  Array.from({ length: count }, (_, index) => `${index + 1}: ${read}`)

describe('a selection that reads something', () => {
  test('is executed once an entry for all who have caught up, in order', async () => {
    const { history, bus, open, asked } = given()
    const readers = [open(), open(), open()]
    await settled()
    asked.length = 0
    bus.deliver(history.append(3))
    bus.deliver(history.append(2))
    await settled()
    for (const reader of readers) expect(entriesOf(reader)).toEqual(from1(5, 0))
    expect(asked).toEqual([1, 2, 3, 4, 5])
  })

  test('reads for a whole batch of entries at once', async () => {
    const all = given()
    all.open()
    await settled()
    const before = all.reads
    all.bus.deliver(all.history.append(200))
    await settled()
    expect(all.reads - before).toBe(1)
  })

  test('reads again for later readers: what is true then, also of entries that others have had', async () => {
    const { history, bus, open, change } = given()
    const early = open()
    await settled()
    const start = early.cursor
    bus.deliver(history.append(3))
    await settled()
    change()
    const late = open(start)
    const other = open(start, 'other')
    await settled()
    expect(entriesOf(early)).toEqual(from1(3, 0))
    expect(entriesOf(late)).toEqual(from1(3, 1))
    expect(entriesOf(other)).toEqual(from1(3, 1))
  })

  test('reads for fifty entries of a replay at once, and for no more than that ahead of a slow reader', async () => {
    const all = given()
    const first = all.open()
    await settled()
    const start = first.cursor
    all.bus.deliver(all.history.append(400))
    await settled()
    const before = all.reads
    const late = all.open(start, 'late')
    await settled()
    expect(entriesOf(late)).toEqual(from1(400, 0))
    expect(all.reads - before).toBe(8)

    all.asked.length = 0
    const slow = all.open(start, 'slow')
    slow.hold()
    await settled()
    expect(all.asked).toHaveLength(50)
    slow.release()
    await settled()
    expect(entriesOf(slow)).toEqual(from1(400, 0))
  })
})

test('what is rendered at once waits behind what is not', async () => {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const odd = (offset: number) => (offset % 2 === 1 ? turn(offset) : undefined)
  const early = openReader(hub, sourceOf(history), null, 'same', odd)
  await settled()
  const start = early.cursor
  bus.deliver(history.append(4))
  await turn()
  bus.deliver(history.append(4))
  const late = openReader(hub, sourceOf(history), start, 'other', odd)
  await settled()
  for (const reader of [early, late]) {
    expect(reader.received.map(({ offset }) => offset).filter((offset) => offset > 0)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ])
  }
})

test('a selection that reads nothing is executed once per entry, also for later readers', async () => {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const source = sourceOf(history)
  const early = openReader(hub, source)
  await settled()
  const start = early.cursor
  bus.deliver(history.append(5))
  await settled()
  const { executions } = hub.stats()
  const late = openReader(hub, source, start)
  await settled()
  expect(late.received).toHaveLength(5)
  expect(hub.stats().executions).toBe(executions)
})
