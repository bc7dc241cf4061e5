import { describe, expect, test } from 'vitest'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asEpoch, asOffset } from '../../../src/engine/kernel/position.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, TOPIC } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf } from './reader.ts'

function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const live = () => hub.stats().latency.counts.reduce((sum, count) => sum + count, 0)
  return { history, bus, hub, source: sourceOf(history), live }
}

describe('what a hub says of itself', () => {
  test('has the latency of an entry once, however many groups and readers it goes to', async () => {
    const { history, bus, hub, source, live } = given()
    for (let count = 0; count < 9; count += 1) openReader(hub, source, null, count < 7 ? 'most' : 'few')
    await settled()
    bus.deliver(history.append(3))
    await settled()
    expect(live()).toBe(3)
    expect(hub.stats()).toMatchObject({ deliveries: 9 + 27, largestGroup: 7, groups: 2 })
  })

  test('has the latency of what took time to render, once a group', async () => {
    const { history, bus, hub, source, live } = given()
    const read = async (offset: number) => offset
    openReader(hub, source, null, 'one', read)
    openReader(hub, source, null, 'other', read)
    await settled()
    bus.deliver(history.append(1))
    await settled()
    expect(live()).toBe(2)
    expect(hub.stats().deliveries).toBe(4)
  })

  test('has none of what was replayed, and none of what nobody was sent', async () => {
    const { history, bus, hub, source, live } = given()
    history.append(5)
    const first = encodeCursor(TOPIC, { epoch: asEpoch(1), offset: asOffset(1) })
    const reader = openReader(hub, source, first)
    await settled()
    expect(reader.received).toHaveLength(4)
    reader.stop()
    bus.deliver(history.append(1))
    await settled()
    expect(live()).toBe(0)
    expect(hub.stats()).toMatchObject({ deliveries: 4, largestGroup: 0, replays: 1 })
  })

  test('counts gaps that were closed, and resets by their reason', async () => {
    const { history, bus, hub, source } = given()
    openReader(hub, source)
    await settled()
    history.append(3)
    bus.deliver(history.append(1))
    await settled()
    history.replace()
    bus.deliver(history.append(1))
    await settled()
    openReader(hub, source, encodeCursor(TOPIC, { epoch: asEpoch(1), offset: asOffset(1) }))
    await settled()
    expect(hub.stats()).toMatchObject({
      gapsRepaired: 1,
      resets: { epoch: 1, trimmed: 0, ahead: 0, discontinuity: 1 },
    })
  })

  test('counts the connections of a topic whose viewers are such as are asked for', async () => {
    const { hub, source } = given()
    expect(hub.connectionsOn(TOPIC, () => true)).toBe(0)
    const readers = [openReader(hub, source), openReader(hub, source)]
    await settled()
    expect(hub.connectionsOn(TOPIC, () => true)).toBe(2)
    expect(hub.connectionsOn(TOPIC, (viewer) => viewer !== null)).toBe(0)
    readers[0]?.stop()
    expect(hub.connectionsOn(TOPIC, () => true)).toBe(1)
  })
})
