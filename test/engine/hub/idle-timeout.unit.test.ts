import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf } from './reader.ts'

const LINGER_MS = 10_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus, { checkEveryMs: 1_000_000 })
  onTestFinished(() => hub.close())
  const source = sourceOf(history)
  return { history, bus, hub, open: () => openReader(hub, source) }
}

test('A topic to which a reader returns while it lingers stays live after that', async () => {
  const { history, bus, open } = given()
  const first = open()
  await settled()
  first.stop()
  vi.advanceTimersByTime(LINGER_MS / 2)
  const second = open()
  await settled()
  vi.advanceTimersByTime(LINGER_MS * 3)
  await settled()
  bus.deliver(history.append(1))
  await settled()
  expect(second.received.at(-1)).toEqual({ kind: 'entry', offset: 1 })
})

test('A topic that nobody returns to is no longer heard once it has lingered', async () => {
  const { bus, hub, open } = given()
  const only = open()
  await settled()
  only.stop()
  vi.advanceTimersByTime(LINGER_MS - 1)
  expect([bus.listenerCount, hub.stats().topics]).toEqual([1, 1])
  vi.advanceTimersByTime(1)
  expect([bus.listenerCount, hub.stats().topics]).toEqual([0, 0])
})
