import { describe, expect, test, vi } from 'vitest'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asEpoch, asOffset } from '../../../src/engine/kernel/position.ts'
import { asTopic } from '../../../src/engine/kernel/topic.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, TOPIC } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf } from './reader.ts'

function given(timing: { readonly checkEveryMs?: number } = {}) {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus, timing)
  return { history, bus, hub, source: sourceOf(history) }
}

const offsets = (reader: { readonly received: readonly { readonly offset: number }[] }) =>
  reader.received.map(({ offset }) => offset)

describe('a reader without a cursor', () => {
  test('of an empty topic gets a snapshot at offset 0 and then what comes', async () => {
    const { history, bus, hub, source } = given()
    const reader = openReader(hub, source)
    await settled()
    bus.deliver(history.append(2))
    await settled()
    expect(reader.received).toEqual([
      { kind: 'snapshot', offset: 0, reset: false },
      { kind: 'entry', offset: 1 },
      { kind: 'entry', offset: 2 },
    ])
  })

  test('gets nothing twice that was committed while the snapshot was read', async () => {
    const { history, bus, hub, source } = given()
    const notice = history.append(1)
    const reader = openReader(hub, source)
    bus.deliver(notice)
    await settled()
    bus.deliver(notice)
    bus.deliver(history.append(1))
    await settled()
    expect(offsets(reader)).toEqual([1, 2])
  })
})

describe('a reader with a cursor', () => {
  test('gets exactly what came after it', async () => {
    const { history, bus, hub, source } = given()
    history.append(700)
    const reader = openReader(hub, source, encodeCursor(TOPIC, { epoch: asEpoch(1), offset: asOffset(100) }))
    await settled()
    bus.deliver(history.append(1))
    await settled()
    expect(offsets(reader)).toEqual(Array.from({ length: 601 }, (_, index) => 101 + index))
  })

  test('is refused where it is garbage, or another topic’s', async () => {
    const { hub, source } = given()
    const other = encodeCursor(asTopic('test:2'), { epoch: asEpoch(1), offset: asOffset(0) })
    for (const cursor of ['', 'garbage', '💥', other, `${other}x`]) {
      const reader = openReader(hub, source, cursor)
      await settled()
      expect(reader.error?.extensions).toEqual({ code: 'CURSOR_INVALID' })
      expect(reader.received).toEqual([])
    }
  })

  test.each([
    ['of another epoch', { epoch: asEpoch(9), offset: asOffset(1) }],
    ['that is ahead of the history', { epoch: asEpoch(1), offset: asOffset(99) }],
    ['that is older than what is kept', { epoch: asEpoch(1), offset: asOffset(1) }],
  ])('%s has to start over', async (_what, position) => {
    const { history, hub, source } = given()
    history.append(5)
    history.trim(asOffset(3))
    const reader = openReader(hub, source, encodeCursor(TOPIC, position))
    await settled()
    expect(reader.received).toEqual([{ kind: 'snapshot', offset: 5, reset: true }])
  })

  test('that is older than the stored history has to start over, although this node has the rest in memory', async () => {
    const { history, bus, hub, source } = given({ checkEveryMs: 5 })
    const early = openReader(hub, source)
    await settled()
    bus.deliver(history.append(5))
    history.trim(asOffset(3))
    const old = encodeCursor(TOPIC, { epoch: asEpoch(1), offset: asOffset(2) })
    await vi.waitFor(async () => {
      const reader = openReader(hub, source, old)
      await settled()
      expect(reader.received).toEqual([{ kind: 'snapshot', offset: 5, reset: true }])
    })
    const kept = openReader(hub, source, encodeCursor(TOPIC, { epoch: asEpoch(1), offset: asOffset(3) }))
    await settled()
    expect(offsets(kept)).toEqual([4, 5])
    expect(offsets(early)).toEqual([0, 1, 2, 3, 4, 5])
    hub.close()
  })

  test('of an entry that the bus has not brought here yet is not called unknown', async () => {
    const { history, hub, source } = given()
    const early = openReader(hub, source)
    await settled()
    history.append(3)
    const reader = openReader(hub, source, encodeCursor(TOPIC, history.position))
    await settled()
    expect(reader.received).toEqual([])
    expect(offsets(early)).toEqual([0, 1, 2, 3])
  })
})

describe('a topic that readers follow', () => {
  test('is completed from the history when the bus skips something', async () => {
    const { history, bus, hub, source } = given()
    const reader = openReader(hub, source)
    await settled()
    history.append(3)
    bus.deliver(history.append(1))
    await settled()
    expect(offsets(reader)).toEqual([0, 1, 2, 3, 4])
  })

  test('is compared with the database, so that a lost last entry arrives without further traffic', async () => {
    const { history, hub, source } = given({ checkEveryMs: 5 })
    const reader = openReader(hub, source)
    await settled()
    history.append(1)
    await vi.waitFor(() => expect(offsets(reader)).toEqual([0, 1]))
    hub.close()
  })

  test('is read while the bus is away, and heard again when it is back', async () => {
    const { history, bus, hub, source } = given()
    bus.fail()
    const reader = openReader(hub, source)
    await settled()
    history.append(2)
    bus.recover()
    await settled()
    expect(offsets(reader)).toEqual([0, 1, 2])
    bus.deliver(history.append(1))
    await settled()
    expect(offsets(reader)).toEqual([0, 1, 2, 3])
    expect(bus.listenerCount).toBe(1)
  })

  test('starts everybody over when its history was replaced', async () => {
    const { history, bus, hub, source } = given()
    history.append(3)
    const reader = openReader(hub, source)
    await settled()
    history.replace()
    bus.deliver(history.append(1))
    await settled()
    bus.deliver(history.append(1))
    await settled()
    expect(reader.received).toEqual([
      { kind: 'snapshot', offset: 3, reset: false },
      { kind: 'snapshot', offset: 1, reset: true },
      { kind: 'entry', offset: 2 },
    ])
  })

  test('is executed once an entry for all of a group, and once more for another group', async () => {
    const { history, bus, hub, source } = given()
    for (let count = 0; count < 50; count += 1) openReader(hub, source, null, count % 2 ? 'odd' : 'even')
    await settled()
    const before = hub.stats().executions
    bus.deliver(history.append(3))
    await settled()
    expect(hub.stats().executions - before).toBe(6)
    expect(hub.stats()).toMatchObject({ groups: 2, subscribers: 50 })
  })

  test('is not executed for readers who have left', async () => {
    const { history, bus, hub, source } = given()
    const reader = openReader(hub, source)
    await settled()
    reader.stop()
    const before = hub.stats().executions
    bus.deliver(history.append(1))
    await settled()
    expect(hub.stats()).toMatchObject({ executions: before, groups: 0, subscribers: 0 })
  })
})

describe('what comes within one tick of the event loop', () => {
  test('reaches those who leave before its end too, and those who join only as far as they lack it', async () => {
    const { history, bus, hub, source } = given()
    const [staying, leaving] = [openReader(hub, source), openReader(hub, source)]
    await settled()
    bus.deliver(history.append(2))
    leaving.stop()
    expect(offsets(leaving)).toEqual([0, 1, 2])
    expect(offsets(staying)).toEqual([0])
    const late = openReader(hub, source, staying.cursor)
    await settled()
    bus.deliver(history.append(1))
    bus.deliver(history.append(1))
    await settled()
    expect(offsets(staying)).toEqual([0, 1, 2, 3, 4])
    expect(offsets(late)).toEqual([1, 2, 3, 4])
    expect(offsets(leaving)).toEqual([0, 1, 2])
    expect(hub.stats().deliveries).toBe(3 + 5 + 4)
  })

  test('is not mixed with what follows when the history is replaced', async () => {
    const { history, bus, hub, source } = given()
    const reader = openReader(hub, source)
    await settled()
    bus.deliver(history.append(3))
    history.replace()
    bus.deliver(history.append(1))
    await settled()
    expect(reader.received.slice(0, 4).map(({ offset }) => offset)).toEqual([0, 1, 2, 3])
    expect(reader.received.slice(4)).toEqual([{ kind: 'snapshot', offset: 1, reset: true }])
  })
})

describe('a reader who is slow to take a replay', () => {
  test('pauses it, and continues where it stopped', async () => {
    const { history, bus, hub, source } = given()
    history.append(200)
    const reader = openReader(hub, source, encodeCursor(TOPIC, { epoch: asEpoch(1), offset: asOffset(0) }))
    reader.hold()
    await settled()
    expect(reader.received.length).toBeLessThanOrEqual(50)
    bus.deliver(history.append(1))
    reader.release()
    await settled()
    expect(offsets(reader)).toEqual(Array.from({ length: 201 }, (_, index) => index + 1))
  })
})
