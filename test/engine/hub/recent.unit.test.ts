import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { Item } from '../../../src/engine/hub/reader.ts'
import { RecentItems } from '../../../src/engine/hub/recent.ts'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { asEpoch, asOffset, type Offset } from '../../../src/engine/kernel/position.ts'
import { TOPIC } from './fake-history.ts'

function items(from: number, count: number): readonly Item[] {
  return Array.from({ length: count }, (_, index) => {
    const offset = asOffset(from + index)
    const position = { epoch: asEpoch(1), offset }
    const event = { type: 'Counted', topic: TOPIC, position, at: instant(0) }
    return { topic: TOPIC, offset, cursor: encodeCursor(TOPIC, position), at: instant(0), event }
  })
}

const offsets = (some: readonly Item[] | undefined): readonly Offset[] | undefined =>
  some?.map(({ offset }) => offset)

test('gives all after a position, and nothing where the next is not there', () => {
  const recent = new RecentItems().ofTopic()
  expect(recent.after(asOffset(0))).toBeUndefined()
  recent.add(items(5, 3))
  expect(offsets(recent.after(asOffset(4)))).toEqual([5, 6, 7])
  expect(offsets(recent.after(asOffset(6)))).toEqual([7])
  expect(recent.after(asOffset(3))).toBeUndefined()
  expect(recent.after(asOffset(7))).toBeUndefined()
})

test('keeps the last 256 of a topic', () => {
  const recent = new RecentItems().ofTopic()
  recent.add(items(1, 300))
  expect(recent.after(asOffset(43))).toBeUndefined()
  expect(recent.after(asOffset(44))).toHaveLength(256)
})

test('keeps the last 10,000 of all topics: the oldest make room', () => {
  const store = new RecentItems()
  const quiet = store.ofTopic()
  quiet.add(items(1, 100))
  const busy = Array.from({ length: 99 }, () => store.ofTopic())
  for (const topic of busy) topic.add(items(1, 100))
  expect(quiet.after(asOffset(0))).toHaveLength(100)
  busy[0]?.add(items(101, 40))
  expect(quiet.after(asOffset(39))).toBeUndefined()
  expect(offsets(quiet.after(asOffset(98)))).toEqual([99, 100])
  expect(busy[0]?.after(asOffset(0))).toHaveLength(140)
})

test('of a topic that had too many itself, the newest stay as long as any', () => {
  const store = new RecentItems()
  const [loud, louder] = [store.ofTopic(), store.ofTopic()]
  loud.add(items(1, 1_000))
  louder.add(items(1, 9_744))
  expect(loud.after(asOffset(744))).toHaveLength(256)
  louder.add(items(9_745, 1))
  expect(loud.after(asOffset(744))).toBeUndefined()
  expect(loud.after(asOffset(745))).toHaveLength(255)
})

test('forgets all where the history is another', () => {
  const recent = new RecentItems().ofTopic()
  recent.add(items(1, 10))
  recent.clear()
  expect(recent.after(asOffset(0))).toBeUndefined()
  recent.add(items(1, 2))
  expect(recent.after(asOffset(0))).toHaveLength(2)
})

test('holds nothing that its topic has forgotten, nor what a topic held that nobody reads any more', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const store = new RecentItems()
  const recent = store.ofTopic()
  const fill = (): readonly WeakRef<Item>[] => {
    const [old, left] = [items(1, 1), items(1, 1)]
    recent.add(old)
    recent.add(items(2, 256))
    store.ofTopic().add(left)
    return [...old, ...left].map((item) => new WeakRef(item))
  }
  const refs = fill()
  // A reference that was just made holds until the turn ends.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined])
  expect(recent.after(asOffset(1))).toHaveLength(256)
})
