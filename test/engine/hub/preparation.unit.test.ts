import { describe, expect, test } from 'vitest'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf } from './reader.ts'

/** A source that must look something up before it can present entries; the first look-up is held back. */
function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const held = Promise.withResolvers<void>()
  let preparations = 0
  const source = {
    ...sourceOf(history),
    async prepare(_topic: unknown, entries: readonly unknown[]) {
      preparations += 1
      if (preparations === 1) await held.promise
      return entries.map(() => undefined)
    },
  }
  return { history, bus, open: () => openReader(hub, source), release: () => held.resolve() }
}

describe('Entries that are still being prepared', () => {
  test('come in order with those that came after them', async () => {
    const { history, bus, open, release } = given()
    const reader = open()
    await settled()
    bus.deliver(history.append(2))
    bus.deliver(history.append(1))
    await settled()
    expect(reader.received).toEqual([{ kind: 'snapshot', offset: 0, reset: false }])
    release()
    await settled()
    expect(reader.received.slice(1).map(({ offset }) => offset)).toEqual([1, 2, 3])
  })

  test('are nobody’s when their history was replaced by another meanwhile', async () => {
    const { history, bus, open, release } = given()
    const reader = open()
    await settled()
    bus.deliver(history.append(3))
    await settled()
    history.replace()
    bus.deliver(history.append(1))
    await settled()
    release()
    await settled()
    bus.deliver(history.append(1))
    await settled()

    expect(reader.received).toEqual([
      { kind: 'snapshot', offset: 0, reset: false },
      { kind: 'snapshot', offset: 1, reset: true },
      { kind: 'entry', offset: 2 },
    ])
  })
})
