import { describe, expect, test } from 'vitest'
import type { PresentedEvent, Source } from '../../../src/engine/hub/source.ts'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asOffset } from '../../../src/engine/kernel/position.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, TOPIC } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf, type TestReader } from './reader.ts'

/** A topic whose entries only those see whom `rights` lists at the moment: here everybody or nobody. */
function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const rights = { isOpen: true, asked: 0 }
  const plain = sourceOf(history)
  const source: Source<unknown, boolean> = {
    ...plain,
    // Long, so that a socket is full in the middle of a turn of a replay.
    present: (entry) => ({ ...plain.present(entry, undefined), type: 'Happened'.padEnd(2_000) }),
    async access() {
      rights.asked += 1
      return rights.isOpen
    },
    sees: (_event: PresentedEvent & object, isOpen) => isOpen === true,
  }
  return {
    ...{ history, bus, rights },
    live: () => openReader(hub, source),
    from: (offset: number) =>
      openReader(hub, source, encodeCursor(TOPIC, { ...history.position, offset: asOffset(offset) })),
  }
}

const entriesOf = ({ received }: TestReader) =>
  received.filter(({ kind }) => kind === 'entry').map(({ offset }) => offset)

describe.each(['memory', 'the database'])('A replay from %s', (store) => {
  async function begun() {
    const all = given()
    if (store === 'the database') {
      all.bus.deliver(all.history.append(3))
      return all
    }
    // Somebody who follows live makes the hub remember what was delivered.
    all.live()
    await settled()
    all.bus.deliver(all.history.append(3))
    await settled()
    return all
  }

  test('withholds entries from a reader who lost the right to see them', async () => {
    const { rights, from } = await begun()
    rights.isOpen = false
    const reader = from(0)
    await settled()
    expect(entriesOf(reader)).toEqual([])
  })

  test('delivers entries to a reader who gained the right to see them', async () => {
    const { rights, from } = await begun()
    rights.isOpen = false
    from(0)
    await settled()
    rights.isOpen = true
    const reader = from(0)
    await settled()
    expect(entriesOf(reader)).toEqual([1, 2, 3])
  })
})

describe('A reader whose socket is full during a replay', () => {
  test('gets nothing more once the right to see it is lost', async () => {
    const { history, rights, from } = given()
    history.append(40)
    const reader = from(0)
    reader.hold()
    await settled()
    const before = entriesOf(reader).length
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(40)
    rights.isOpen = false
    reader.release()
    await settled()
    expect(entriesOf(reader)).toHaveLength(before)
  })

  test('gets everything, once, while the right lasts', async () => {
    const { history, from } = given()
    history.append(40)
    const reader = from(0)
    reader.hold()
    await settled()
    reader.release()
    await settled()
    expect(entriesOf(reader)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  })
})

describe('Entries that have just come', () => {
  test('are judged by rights that were read after them', async () => {
    const { history, bus, rights, live } = given()
    const reader = live()
    await settled()
    rights.isOpen = false
    bus.deliver(history.append(1))
    await settled()
    rights.isOpen = true
    bus.deliver(history.append(1))
    await settled()
    expect(entriesOf(reader)).toEqual([2])
    expect(rights.asked).toBe(2)
  })
})
