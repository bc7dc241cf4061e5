import type { GraphQLError } from 'graphql'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Sink } from '../../../src/engine/hub/delivery.ts'
import type { CurrentPlan, Guard } from '../../../src/engine/hub/source.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, TOPIC } from './fake-history.ts'
import { createTestHub } from './reader.ts'

const EVERY_MS = 500
const SCOPE = asRoomId('room_1')

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** A hub that serves one subject, which a test changes, to readers in a room that a test may close to them. */
function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  onTestFinished(() => hub.close())
  let value = { n: 0 }
  let reads = 0
  const listeners = new Set<() => void>()
  const subject: CurrentPlan['subject'] = {
    async read() {
      reads += 1
      return value
    },
    watch(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
  }
  let isAllowed = true
  const guard: Guard = {
    ...{ topic: TOPIC, askedAt: 0 },
    ...{ concerns: () => true, isAllowed: async () => isAllowed },
  }
  const attended: string[] = []

  return {
    hub,
    attended,
    reads: () => reads,
    watchers: () => listeners.size,
    /** Tells that the subject may have changed; it has where `n` is another. */
    async change(n: number) {
      if (n !== value.n) value = { n }
      for (const listener of listeners) listener()
      await pass(0)
    },
    async revoke() {
      isAllowed = false
      bus.deliver(history.append(1))
      await pass(0)
    },
    async open(key = 'same', plan: Partial<CurrentPlan> = {}) {
      const seen: number[] = []
      const state = { error: undefined as GraphQLError | undefined }
      const sink: Sink = {
        send: ({ results: [result] }) => void seen.push(JSON.parse(String(result?.json)).data.n),
        isCongested: () => false,
        drained: async () => {},
        end(error) {
          state.error = error
        },
      }
      const selection = { key, execute: (root: unknown) => ({ data: root as Record<string, unknown> }) }
      const close = hub.open(
        { kind: 'current', everyMs: EVERY_MS, subject, guard, presentIn: SCOPE, ...plan },
        { selection, viewer: null, sink },
        {
          enter(scope) {
            attended.push(`enters ${scope}`)
            return (isRevoked) => attended.push(isRevoked ? 'is revoked' : 'leaves')
          },
        },
      )
      await pass(0)
      return { seen, state, close }
    },
  }
}

describe('a reader of what has no history', () => {
  test('gets it at once, and the latest at most once a period', async () => {
    const { open, change } = given()
    const { seen } = await open()
    expect(seen).toEqual([0])
    await pass(100)
    await change(1)
    await change(2)
    expect(seen).toEqual([0])
    await pass(EVERY_MS)
    expect(seen).toEqual([0, 2])
    await pass(EVERY_MS)
    await change(3)
    expect(seen).toEqual([0, 2, 3])
  })

  test('gets nothing where it is the same', async () => {
    const { open, change, reads } = given()
    const { seen } = await open()
    await pass(EVERY_MS)
    await change(0)
    await pass(EVERY_MS)
    expect(seen).toEqual([0])
    expect(reads()).toBe(2)
  })

  test('shares it with those who asked the same: executed once, watched once', async () => {
    const { hub, open, change, watchers } = given()
    const readers = [await open(), await open(), await open()]
    const other = await open('another')
    await pass(EVERY_MS)
    const before = hub.stats().executions
    await change(1)
    for (const { seen } of [...readers, other]) expect(seen).toEqual([0, 1])
    expect(hub.stats().executions - before).toBe(2)
    expect(hub.stats()).toMatchObject({ groups: 2, subscribers: 4 })
    expect(watchers()).toBe(2)
  })

  test('a later reader gets the current value, even if no change was reported', async () => {
    const { open, change } = given()
    const first = await open('early')
    const { close } = await open()
    close()
    await change(1)
    const late = await open()
    expect(late.seen).toEqual([1])
    expect(first.seen).toEqual([0])
  })

  test('is watched for no longer than somebody reads it', async () => {
    const { hub, open, watchers } = given()
    const [one, two] = [await open(), await open()]
    one.close()
    expect(watchers()).toBe(1)
    two.close()
    two.close()
    expect(watchers()).toBe(0)
    expect(hub.stats()).toMatchObject({ groups: 0, subscribers: 0 })
  })
})

describe('the connection of a subscription', () => {
  test('attends the scope of the plan until the subscription ends', async () => {
    const { open, attended } = given()
    const { close } = await open()
    expect(attended).toEqual(['enters room_1'])
    close()
    close()
    expect(attended).toEqual(['enters room_1', 'leaves'])
  })

  test('is revoked from it when the guard ends the subscription', async () => {
    const { open, attended, revoke } = given()
    const { state, close } = await open()
    await revoke()
    expect(state.error?.extensions).toEqual({ code: 'FORBIDDEN' })
    close()
    expect(attended).toEqual(['enters room_1', 'is revoked'])
  })

  test('attends nothing by a guard alone', async () => {
    const { open, attended } = given()
    const { close } = await open('same', { presentIn: undefined })
    close()
    expect(attended).toEqual([])
  })
})
