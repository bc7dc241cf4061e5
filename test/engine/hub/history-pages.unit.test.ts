import { describe, expect, test } from 'vitest'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asOffset } from '../../../src/engine/kernel/position.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, type FakeHistory, TOPIC } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf, type TestReader } from './reader.ts'

function given(entries: number) {
  const history = createFakeHistory()
  history.append(entries)
  const reads: number[] = []
  const counted: FakeHistory = Object.assign(Object.create(history), {
    readAfter(...[topic, position, limit]: Parameters<FakeHistory['readAfter']>) {
      reads.push(position.offset)
      return history.readAfter(topic, position, limit)
    },
  })
  const bus = createFakeBus()
  const hub = createTestHub(counted, bus)
  const open = (offset: number): TestReader =>
    openReader(hub, sourceOf(counted), encodeCursor(TOPIC, { ...history.position, offset: asOffset(offset) }))
  return { history, bus, hub, reads, open }
}

const offsets = ({ received }: TestReader) => received.map(({ offset }) => offset)
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe('readers who catch up at the same time', () => {
  test('share what is read and what is rendered, wherever each begins', async () => {
    const { hub, reads, open } = given(1_700)
    const readers = [0, 3, 499, 500, 700, 1_200].map((from) => ({ from, reader: open(from) }))
    await settled()
    for (const { from, reader } of readers) expect(offsets(reader)).toEqual(range(from + 1, 1_700))
    expect(reads.toSorted((one, other) => one - other)).toEqual([0, 500, 1_000, 1_500])
    expect(hub.stats().executions).toBe(1_700)
    hub.close()
  })

  test('get what was written since another read the same page', async () => {
    const { history, bus, hub, open } = given(600)
    const early = open(550)
    await settled()
    // So many that they are no longer at hand when the next one comes.
    bus.deliver(history.append(350))
    await settled()
    const late = open(550)
    await settled()
    expect(offsets(early)).toEqual(range(551, 950))
    expect(offsets(late)).toEqual(range(551, 950))
    hub.close()
  })

  test('go on by a history that replaced the one they were reading with a reset', async () => {
    const { history, hub, bus, open } = given(1_200)
    const reader = open(100)
    await settled()
    history.replace()
    bus.deliver(history.append(700))
    await settled()
    const [kind] = reader.received.slice(-1)
    expect(kind).toEqual({ kind: 'snapshot', offset: 700, reset: true })
    const again = open(100)
    await settled()
    expect(offsets(again)).toEqual(range(101, 700))
    hub.close()
  })
})

test('readers who begin at the same time share the snapshot, and each group its rendering', async () => {
  const history = createFakeHistory()
  const hub = createTestHub(history, createFakeBus())
  const source = sourceOf(history)
  const readers = Array.from({ length: 40 }, (_, index) =>
    openReader(hub, source, null, `group ${index % 2}`),
  )
  await settled()
  for (const { received } of readers) {
    expect(received).toEqual([{ kind: 'snapshot', offset: 0, reset: false }])
  }
  expect(hub.stats().executions).toBe(2)
  hub.close()
})
