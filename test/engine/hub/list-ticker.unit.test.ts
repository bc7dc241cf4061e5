import { GraphQLError } from 'graphql'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Sink } from '../../../src/engine/hub/delivery.ts'
import { ListTicker } from '../../../src/engine/hub/list-ticker.ts'
import type { ListItem, ListPlan } from '../../../src/engine/hub/source.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import type { Viewer } from '../../../src/platform/auth/viewer.ts'

const EVERY_MS = 1_000
const START = 1_000_000

function given(
  sees: ListPlan['sees'] = () => true,
  execute = (value: unknown) => ({ data: value as Record<string, unknown> }),
) {
  const counted = { executions: 0 }
  const events = {
    onExecution() {
      counted.executions += 1
    },
    onDelivery: () => {},
    onLive: () => {},
    onReplay: () => {},
    onReset: () => {},
    onFault: (error: unknown) => new GraphQLError(String(error)),
  }
  const source = { versions: async () => new Map(), read: async () => [] }
  const selection = { key: '', execute }
  const lists: ListPlan['lists'] = ({ id }) => id !== 'elsewhere'
  const ticker = new ListTicker({ kind: 'list', everyMs: EVERY_MS, source, lists, sees }, selection, events)
  const change = async (id: string, version: number): Promise<void> => {
    ticker.onItem({ id, version, value: { id, version } })
    await vi.advanceTimersByTimeAsync(1)
  }
  /** A viewer whose connection takes so many payloads until it is read, and so many milliseconds for each. */
  const open = async (takes = Number.POSITIVE_INFINITY, costMs = 0, viewer: Viewer | null = null) => {
    const seen: { readonly at: number; readonly what: string }[] = []
    const ends: string[] = []
    let queued = 0
    let drain = Promise.withResolvers<void>()
    const isCongested = (): boolean => queued >= takes
    const sink: Sink = {
      send({ results: [result] }) {
        const { id, version } = JSON.parse(String(result?.json)).data
        queued += 1
        vi.setSystemTime(Date.now() + costMs)
        seen.push({ at: Date.now() - START, what: `${id}${version}` })
      },
      isCongested,
      drained: () => (isCongested() ? drain.promise : Promise.resolve()),
      end: (error) => void ends.push(String(error?.message)),
    }
    const leave = ticker.open({ selection, viewer, sink })
    await vi.advanceTimersByTimeAsync(1)
    const read = async (): Promise<void> => {
      queued = 0
      drain.resolve()
      drain = Promise.withResolvers()
      await vi.advanceTimersByTimeAsync(1)
    }
    return { seen, ends, leave, read, what: () => seen.map(({ what }) => what) }
  }
  return { ticker, change, open, counted }
}

describe('a ticker of a list', () => {
  beforeEach(() => vi.useFakeTimers({ now: START }))
  afterEach(() => vi.useRealTimers())

  test('shows all items, then each item at most once a period, in its latest state', async () => {
    const { change, open } = given()
    await change('a', 1)
    await change('b', 1)
    const viewer = await open()
    await change('a', 2)
    await change('a', 3)
    await vi.advanceTimersByTimeAsync(EVERY_MS * 3)
    expect(viewer.what()).toEqual(['a1', 'b1', 'a3'])
    expect((viewer.seen[2]?.at ?? 0) - (viewer.seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(EVERY_MS)
  })

  test('keeps its word to a newcomer too, and executes a version once for all', async () => {
    const { change, open, counted } = given()
    await change('a', 1)
    const early = await open()
    await vi.advanceTimersByTimeAsync(EVERY_MS - 100)
    const late = await open()
    await change('a', 2)
    await vi.advanceTimersByTimeAsync(EVERY_MS * 3)
    for (const { seen, what } of [early, late]) {
      expect(what()).toEqual(['a1', 'a2'])
      expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(EVERY_MS)
    }
    expect(counted.executions).toBe(2)
  })

  test('shows a slow reader the latest state when it has read, and queues nothing', async () => {
    const { change, open } = given()
    await change('a', 1)
    const viewer = await open(1)
    for (let version = 2; version <= 4; version += 1) {
      await vi.advanceTimersByTimeAsync(EVERY_MS)
      await change('a', version)
    }
    expect(viewer.what()).toEqual(['a1'])
    await viewer.read()
    expect(viewer.what()).toEqual(['a1', 'a4'])
    await vi.advanceTimersByTimeAsync(EVERY_MS * 3)
    expect(viewer.what()).toEqual(['a1', 'a4'])
  })

  test('shows a list that is longer than the connection takes at once as fast as it is read', async () => {
    const { change, open } = given()
    for (const id of 'abcde') await change(id, 1)
    const viewer = await open(2)
    expect(viewer.what()).toEqual(['a1', 'b1'])
    await change('d', 2)
    await viewer.read()
    await viewer.read()
    expect(viewer.what()).toEqual(['a1', 'b1', 'c1', 'd2', 'e1'])
    expect(viewer.seen.at(-1)?.at).toBeLessThan(EVERY_MS / 2)
  })

  test('shows what changes at once as fast as it is read, the others in time, and nothing twice', async () => {
    const { change, open } = given()
    for (const id of 'abcde') await change(id, 1)
    const [slow, quick] = [await open(5), await open()]
    await slow.read()
    await vi.advanceTimersByTimeAsync(EVERY_MS * 2)
    for (const id of 'abcde') await change(id, 2)
    expect(quick.what().slice(5)).toEqual(['a2', 'b2', 'c2', 'd2', 'e2'])
    for (const id of 'fg') await change(id, 1)
    expect(slow.what().slice(5)).toEqual(['a2', 'b2', 'c2', 'd2', 'e2'])
    await change('f', 2)
    await slow.read()
    expect(slow.what().slice(10)).toEqual(['f2', 'g1'])
    await vi.advanceTimersByTimeAsync(EVERY_MS * 3)
    expect(slow.what().slice(10)).toEqual(['f2', 'g1'])
    expect(quick.what().slice(10)).toEqual(['f1', 'g1', 'f2'])
  })

  test('shows what is new at once, also to who has just come', async () => {
    const { change, open } = given()
    await change('a', 1)
    const viewer = await open()
    await change('b', 1)
    expect(viewer.what()).toEqual(['a1', 'b1'])
  })

  test('forgets what is over once its last state was shown', async () => {
    const { ticker, change, open } = given()
    await change('a', 1)
    const viewer = await open()
    await change('a', 2)
    ticker.onGone('a')
    await vi.advanceTimersByTimeAsync(EVERY_MS * 2)
    expect(viewer.what()).toEqual(['a1', 'a2'])
    const newcomer = await open()
    expect(newcomer.what()).toEqual([])
  })

  test('leaves out what a reader may not see and what the list has no place for, and executes neither', async () => {
    const { change, open, counted } = given(({ id }) => id !== 'b')
    for (const id of ['a', 'b', 'elsewhere']) await change(id, 1)
    const viewer = await open()
    for (const id of ['b', 'elsewhere']) await change(id, 2)
    await vi.advanceTimersByTimeAsync(EVERY_MS * 2)
    expect(viewer.what()).toEqual(['a1'])
    expect(counted.executions).toBe(1)
  })

  test('shows an item to whom it opens, once, and no more to whom it closes', async () => {
    const isOpen = ({ value }: ListItem): boolean => 'isOpen' in value && value.isOpen === true
    const { ticker, open } = given(isOpen)
    const tell = async (version: number, isOpenNow: boolean): Promise<void> => {
      ticker.onItem({ id: 'a', version, value: { id: 'a', version, isOpen: isOpenNow } })
      await vi.advanceTimersByTimeAsync(EVERY_MS * 2)
    }
    await tell(1, false)
    const viewer = await open()
    expect(viewer.what()).toEqual([])
    await tell(1, true)
    await tell(1, true)
    expect(viewer.what()).toEqual(['a1'])
    await tell(1, false)
    await tell(2, false)
    expect(viewer.what()).toEqual(['a1'])
    expect((await open()).what()).toEqual([])
  })

  test('shows nothing to who has left, also where the list was under way', async () => {
    const { change, open } = given()
    for (const id of 'abc') await change(id, 1)
    const viewer = await open(1)
    viewer.leave()
    await viewer.read()
    await change('a', 2)
    await vi.advanceTimersByTimeAsync(EVERY_MS * 2)
    expect(viewer.what()).toEqual(['a1'])
  })

  test('gives way to others while it shows many changes to many', async () => {
    const { ticker, open } = given()
    const viewer = await open(Number.POSITIVE_INFINITY, 1)
    const ticks: number[] = []
    const watch = (): void => {
      ticks.push(viewer.seen.length - ticks.reduce((sum, sent) => sum + sent, 0))
      if (viewer.seen.length < 20) setImmediate(watch)
    }
    setImmediate(watch)
    for (let id = 0; id < 20; id += 1) ticker.onItem({ id: `${id}`, version: 1, value: { id, version: 1 } })
    await vi.advanceTimersByTimeAsync(EVERY_MS)
    expect(viewer.seen).toHaveLength(20)
    expect(Math.max(...ticks)).toBe(5)
  })

  test('ends a subscription whose visibility check throws, and serves the others', async () => {
    const ann: Viewer = {
      ...{ user: { id: asUserId('ann'), name: 'Ann' }, roles: new Set(['USER']) },
      ...{ expiresAt: instant(0), issuedAt: null },
    }
    const { change, open } = given((item, viewer) => {
      if (viewer !== null && item.id === 'b') throw new Error('no such right')
      return true
    })
    const [failing, other] = [await open(undefined, 0, ann), await open()]
    for (const id of ['a', 'b', 'c']) await change(id, 1)
    await vi.advanceTimersByTimeAsync(EVERY_MS)
    expect(failing.ends).toEqual(['Error: no such right'])
    expect(failing.what()).toEqual(['a1'])
    expect(other.what()).toEqual(['a1', 'b1', 'c1'])
    expect(other.ends).toEqual([])
  })

  test('ends all where an item cannot be rendered, and lives on', async () => {
    const { change, open } = given(undefined, (value) => {
      if ((value as { readonly id: string }).id === 'b') throw new Error('no such field')
      return { data: value as Record<string, unknown> }
    })
    const viewers = [await open(), await open()]
    for (const id of ['a', 'b', 'c']) await change(id, 1)
    await vi.advanceTimersByTimeAsync(EVERY_MS)
    for (const { ends, what } of viewers) {
      expect(ends).toEqual(['Error: no such field'])
      expect(what()).toEqual(['a1'])
    }
  })
})
