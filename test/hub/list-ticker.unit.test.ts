import { GraphQLError } from 'graphql'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Sink } from '../../src/hub/delivery.ts'
import { ListTicker } from '../../src/hub/list-ticker.ts'
import type { ListPlan } from '../../src/hub/source.ts'

const EVERY_MS = 1_000
const START = 1_000_000

function given(includes: ListPlan['includes'] = () => true) {
  const counted = { executions: 0 }
  const events = {
    onExecution() {
      counted.executions += 1
    },
    onDelivery: () => {},
    onReplay: () => {},
    onReset: () => {},
    onFault: (error: unknown) => new GraphQLError(String(error)),
  }
  const source = { versions: async () => new Map<string, number>(), read: async () => [] }
  const selection = { key: '', execute: (value: unknown) => ({ data: value as Record<string, unknown> }) }
  const ticker = new ListTicker({ kind: 'list', everyMs: EVERY_MS, source, includes }, selection, events)
  const change = async (id: string, version: number): Promise<void> => {
    ticker.onItem({ id, version, value: { id, version } })
    await vi.advanceTimersByTimeAsync(1)
  }
  const open = async () => {
    const seen: { readonly at: number; readonly what: string }[] = []
    const state = { isCongested: false }
    const sink: Sink = {
      send({ json }) {
        const { id, version } = JSON.parse(json.toString()).data
        seen.push({ at: Date.now() - START, what: `${id}${version}` })
      },
      isCongested: () => state.isCongested,
      drained: async () => {},
      end: () => {},
    }
    const leave = ticker.open({ selection, viewer: null, sink })
    await vi.advanceTimersByTimeAsync(1)
    return { seen, state, leave, what: () => seen.map(({ what }) => what) }
  }
  return { ticker, change, open, counted }
}

describe('a ticker of a list', () => {
  beforeEach(() => vi.useFakeTimers({ now: START }))
  afterEach(() => vi.useRealTimers())

  test('shows what there is, then each item at most once a period, in its latest state', async () => {
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

  test('shows who could not read the latest state later, and queues nothing', async () => {
    const { change, open } = given()
    const viewer = await open()
    viewer.state.isCongested = true
    for (let version = 1; version <= 4; version += 1) {
      await change('a', version)
      await vi.advanceTimersByTimeAsync(EVERY_MS)
    }
    expect(viewer.what()).toEqual([])
    viewer.state.isCongested = false
    await vi.advanceTimersByTimeAsync(EVERY_MS)
    expect(viewer.what()).toEqual(['a4'])
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

  test('leaves out what a reader may not see', async () => {
    const { change, open } = given(({ id }) => id === 'a')
    await change('a', 1)
    await change('b', 1)
    const viewer = await open()
    await change('b', 2)
    await vi.advanceTimersByTimeAsync(EVERY_MS * 2)
    expect(viewer.what()).toEqual(['a1'])
  })
})
