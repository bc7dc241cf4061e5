import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { asOffset, type Offset } from '../../../src/engine/kernel/position.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, type FakeHistory } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf, type TestReader } from './reader.ts'

type Action =
  | { readonly kind: 'append'; readonly count: number }
  /** Announces one of the batches that were not announced, or were: late, again, out of order. */
  | { readonly kind: 'announce'; readonly which: number }
  | { readonly kind: 'open'; readonly group: number }
  /** Someone comes back with the cursor of an earlier reader. */
  | { readonly kind: 'resume'; readonly which: number }
  | { readonly kind: 'hold' | 'release' | 'leave'; readonly which: number }
  | { readonly kind: 'fail' | 'recover' | 'wait' }
  | { readonly kind: 'trim'; readonly keep: number }

const index = fc.nat({ max: 50 })
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'wait' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('announce' as const), which: index }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('open' as const), group: fc.nat({ max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('resume' as const), which: index }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('hold' as const, 'release' as const, 'leave' as const),
      which: index,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'recover' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trim' as const), keep: fc.nat({ max: 5 }) }) },
)

interface Opened {
  readonly reader: TestReader
  /** The offset it came back with; undefined for a fresh one. */
  readonly from: number | undefined
  hasLeft: boolean
}

/** Where a reader stands by what it received. Throws where an entry is missing, repeated or out of order. */
function positionOf({ reader, from }: Opened): number | undefined {
  let position = from
  for (const [at, each] of reader.received.entries()) {
    if (each.kind === 'snapshot') {
      if (at > 0 || from !== undefined) expect(each.reset).toBe(true)
      position = each.offset
    } else {
      expect(each.offset).toBe((position ?? Number.NaN) + 1)
      position = each.offset
    }
  }
  return position
}

async function play(actions: readonly Action[]): Promise<void> {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const source = sourceOf(history)
  const notices: string[] = []
  const opened: Opened[] = []
  const pick = <Item>(items: readonly Item[], which: number): Item | undefined =>
    items[which % (items.length || 1)]

  for (const step of actions) {
    switch (step.kind) {
      case 'append':
        notices.push(history.append(step.count))
        break
      case 'announce': {
        const notice = pick(notices, step.which)
        if (notice !== undefined) bus.deliver(notice)
        break
      }
      case 'open':
        opened.push({
          reader: openReader(hub, source, null, `group ${step.group}`),
          from: undefined,
          hasLeft: false,
        })
        break
      case 'resume': {
        const earlier = pick(opened, step.which)
        const cursor = earlier?.reader.cursor
        if (earlier === undefined || !cursor) break
        opened.push({ reader: openReader(hub, source, cursor), from: positionOf(earlier), hasLeft: false })
        break
      }
      case 'hold':
      case 'release':
        pick(opened, step.which)?.reader[step.kind]()
        break
      case 'leave': {
        const leaving = pick(opened, step.which)
        if (leaving === undefined) break
        leaving.reader.stop()
        leaving.hasLeft = true
        break
      }
      case 'fail':
        bus.fail()
        break
      case 'recover':
        bus.recover()
        break
      case 'wait':
        await settled()
        break
      case 'trim':
        history.trim(asOffset(Math.max(0, history.position.offset - step.keep)))
        break
    }
  }

  for (const { reader } of opened) reader.release()
  await settled()
  bus.recover()
  await settled()
  for (const each of opened) {
    const position = positionOf(each)
    if (each.hasLeft) continue
    expect(each.reader.error).toBeUndefined()
    expect(position).toBe(history.position.offset)
  }
  hub.close()
}

describe('readers of a topic whose bus loses, repeats and reorders', () => {
  test(
    'each get everything after where they began, in order, once, or have to start over',
    PATIENTLY,
    async () => {
      const actions = fc.array(action, { minLength: 10, maxLength: 60, size: 'max' })
      await fc.assert(fc.asyncProperty(actions, play), runs(300))
    },
  )
})

test('Notices that wait behind a slow read are bounded: beyond a thousand they are read from the history', async () => {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const held = Promise.withResolvers<void>()
  /** The last offset that reads of the history see, while it is behind. */
  let visible: Offset | undefined
  const lagging: FakeHistory = Object.assign(Object.create(history), {
    async head(...args: Parameters<FakeHistory['head']>) {
      const head = await history.head(...args)
      if (visible === undefined || head === undefined) return head
      await held.promise
      return { ...head, offset: visible }
    },
    async readAfter(...args: Parameters<FakeHistory['readAfter']>) {
      const entries = await history.readAfter(...args)
      return entries.filter(({ offset }) => visible === undefined || offset <= visible)
    },
  })
  const repaired: number[] = []
  const hub = createTestHub(lagging, bus, {}, { onGapRepaired: (_topic, count) => repaired.push(count) })
  onTestFinished(() => hub.close())
  const reader = openReader(hub, sourceOf(history))
  await settled()
  history.append(1)
  visible = asOffset(2)
  bus.deliver(history.append(1))
  await settled()
  for (let count = 0; count < 1_500; count += 1) bus.deliver(history.append(1))
  held.resolve()
  await settled()
  visible = undefined
  bus.deliver(history.append(1))
  await settled()
  expect(reader.received.map(({ offset }) => offset)).toEqual(Array.from({ length: 1_504 }, (_, at) => at))
  expect(repaired).toEqual([2, 1_501])
})
