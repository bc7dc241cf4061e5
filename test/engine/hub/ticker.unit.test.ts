import { GraphQLError } from 'graphql'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Sink } from '../../../src/engine/hub/delivery.ts'
import type { LatestPlan } from '../../../src/engine/hub/source.ts'
import { Ticker } from '../../../src/engine/hub/ticker.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { asEpoch, asOffset } from '../../../src/engine/kernel/position.ts'
import { TOPIC } from './fake-history.ts'

const EVERY_MS = 400

function given(plan: Partial<LatestPlan> = {}) {
  let executions = 0
  const events = {
    onExecution() {
      executions += 1
    },
    onDelivery: () => {},
    onLive: () => {},
    onReplay: () => {},
    onReset: () => {},
    onFault: (error: unknown) => new GraphQLError(String(error)),
  }
  const selection = { key: '', execute: (value: unknown) => ({ data: value as Record<string, unknown> }) }
  const ticker = new Ticker(
    {
      kind: 'latest',
      topic: TOPIC,
      everyMs: EVERY_MS,
      read: async () => ({ offset: asOffset(0), value: { n: 0 } }),
      fromEntry: ({ offset }) => ({ n: offset }),
      ...plan,
    },
    selection,
    events,
  )
  const happen = async (offset: number): Promise<void> => {
    ticker.onEntries([
      { topic: TOPIC, epoch: asEpoch(1), offset: asOffset(offset), at: instant(0), type: 'X', data: {} },
    ])
    await vi.advanceTimersByTimeAsync(0)
  }
  const open = async (failsAt?: number) => {
    const seen: { readonly at: number; readonly n: number }[] = []
    const state = { isCongested: false, error: undefined as GraphQLError | undefined }
    const sink: Sink = {
      send({ results: [result] }) {
        const { n } = JSON.parse(String(result?.json)).data
        if (n === failsAt) throw new Error('the sink is broken')
        seen.push({ at: Date.now() - START, n })
      },
      isCongested: () => state.isCongested,
      drained: async () => {},
      end(error) {
        state.error = error
      },
    }
    const leave = ticker.open({ selection, viewer: null, sink })
    await vi.advanceTimersByTimeAsync(0)
    return { seen, state, leave }
  }
  return { ticker, happen, open, executions: () => executions }
}

const START = 1_000_000

describe('a ticker', () => {
  beforeEach(() => vi.useFakeTimers({ now: START }))
  afterEach(() => vi.useRealTimers())

  test('shows the state at once, then the latest at most once a period', async () => {
    const { happen, open } = given()
    const { seen } = await open()
    await happen(1)
    await vi.advanceTimersByTimeAsync(100)
    await happen(2)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(seen.map(({ n }) => n)).toEqual([0, 2])
    expect(seen[1]?.at).toBeGreaterThanOrEqual(EVERY_MS)
    expect(seen[1]?.at).toBeLessThan(EVERY_MS + 10)
  })

  test('shows a change at once where the last is a period ago', async () => {
    const { happen, open } = given()
    const { seen } = await open()
    await vi.advanceTimersByTimeAsync(EVERY_MS * 3)
    await happen(1)
    expect(seen).toEqual([
      { at: 0, n: 0 },
      { at: EVERY_MS * 3, n: 1 },
    ])
  })

  test('keeps a newcomer to one payload a period too, and executes a version once for all', async () => {
    const { happen, open, executions } = given()
    const early = await open()
    await vi.advanceTimersByTimeAsync(EVERY_MS - 50)
    const late = await open()
    await happen(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(early.seen.map(({ n }) => n)).toEqual([0, 1])
    expect(late.seen.map(({ n }) => n)).toEqual([0, 1])
    expect((late.seen[1]?.at ?? 0) - (late.seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(EVERY_MS)
    expect(executions()).toBe(2)
  })

  test('queues nothing for a reader who does not read, and shows it the latest afterwards', async () => {
    const { happen, open } = given()
    const { seen, state } = await open()
    state.isCongested = true
    for (let offset = 1; offset <= 5; offset += 1) {
      await happen(offset)
      await vi.advanceTimersByTimeAsync(EVERY_MS)
    }
    expect(seen.map(({ n }) => n)).toEqual([0])
    state.isCongested = false
    await vi.advanceTimersByTimeAsync(EVERY_MS + 10)
    expect(seen.map(({ n }) => n)).toEqual([0, 5])
  })

  test('never shows an older state after a newer one', async () => {
    const slow = Promise.withResolvers<void>()
    const { happen, open } = given({
      fromEntry: async ({ offset }) => {
        if (offset === 1) await slow.promise
        return { n: offset }
      },
    })
    const { seen } = await open()
    await vi.advanceTimersByTimeAsync(EVERY_MS)
    await happen(1)
    await happen(2)
    slow.resolve()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(seen.map(({ n }) => n)).toEqual([0, 1, 2])
  })

  test('ends its readers with the reason where the state cannot be read', async () => {
    const { open } = given({ read: () => Promise.reject(new Error('away')) })
    const { seen, state } = await open()
    expect(seen).toEqual([])
    expect(state.error?.message).toContain('away')
  })

  test('ends its subscriptions at an entry that it cannot read, and reads the database for the next one', async () => {
    let stored = 0
    const { happen, open } = given({
      read: async () => ({ offset: asOffset(stored), value: { n: stored } }),
      fromEntry({ offset }) {
        if (offset === 2) throw new Error('of another version')
        return { n: offset }
      },
    })
    const viewers = [await open(), await open()]
    await happen(1)
    stored = 2
    await happen(2)
    for (const { seen, state } of viewers) {
      expect(seen.map(({ n }) => n)).toEqual([0])
      expect(state.error?.message).toContain('Entry 2 of test:1 cannot be presented')
    }
    const { seen } = await open()
    expect(seen.map(({ n }) => n)).toEqual([2])
  })

  test('ends a viewer whose sink throws, and sends to the others', async () => {
    const { happen, open } = given()
    const [broken, other] = [await open(1), await open()]
    await vi.advanceTimersByTimeAsync(EVERY_MS)
    await happen(1)
    await vi.advanceTimersByTimeAsync(EVERY_MS + 1)
    expect(broken.state.error?.message).toContain('the sink is broken')
    expect(other.seen.map(({ n }) => n)).toEqual([0, 1])
    expect(other.state.error).toBeUndefined()
  })
})
