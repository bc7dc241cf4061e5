import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Aggregate, SAVED } from '../../../src/engine/commands/aggregate.ts'
import { createCommandCounters } from '../../../src/engine/commands/metrics.ts'
import { createCommandQueue } from '../../../src/engine/commands/queue.ts'
import { createSemaphore } from '../../../src/engine/commands/semaphore.ts'
import { type Actor, SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { accept } from '../../../src/engine/kernel/decision.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { Overloaded } from '../../../src/engine/kernel/overloaded.ts'
import { asTopic } from '../../../src/engine/kernel/topic.ts'
import type { Database } from '../../../src/engine/storage/database.ts'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'

const nothing: Aggregate<object, object, null, never, null> = {
  topicsBegunBy: () => [],
  load: async () => null,
  decide: () => accept([], {}),
  evolve: (state) => state,
  entryOf: () => undefined,
  save: async () => SAVED,
  viewOf: () => null,
}

const ANN: Actor = { kind: 'user', person: { id: asUserId('ann'), name: 'Ann' }, roles: new Set() }
const SERVICE: Actor = { ...ANN, roles: new Set(['SERVICE']) }

/** A queue over a database whose transactions do what the test says, and never look at what they are given. */
function given(transaction: () => Promise<void>, isAnswering = true) {
  const counters = createCommandCounters()
  let transactions = 0
  const database = {
    async transaction() {
      transactions += 1
      await transaction()
      throw new Error('no test here commits')
    },
  } as unknown as Database
  const queue = createCommandQueue(nothing, {
    ...{ database, counters, isAnswering: () => isAnswering },
    permits: createSemaphore(1),
    announce: () => {},
  })
  const submit = (actor: Actor, count: number, topic = asTopic('count:one')): Promise<unknown>[] =>
    Array.from({ length: count }, () =>
      queue.submit({ topic, actor, body: {} }).catch((error: unknown) => error),
    )
  return { submit, counters, transactions: () => transactions }
}

const forEver = (): Promise<never> => new Promise(() => {})

async function settledOf(promises: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const settled: unknown[] = []
  for (const promise of promises) void promise.then((value) => settled.push(value))
  await vi.advanceTimersByTimeAsync(0)
  return settled
}

describe('a queue of commands', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'setImmediate'] }))
  afterEach(() => void vi.useRealTimers())

  test('refuses at once what is more than it can take, and says when to come again', async () => {
    const { submit, counters } = given(forEver)
    const refused = await settledOf(submit(ANN, 2_000))
    expect(refused.length).toBeGreaterThan(500)
    expect(refused.every((error) => error instanceof Overloaded && error.retryAfterMs > 0)).toBe(true)
    expect(counters.ends.overloaded).toBe(refused.length)
  })

  test('says that the database is away, and not that it is overloaded, where that does not answer', async () => {
    const { submit } = given(forEver, false)
    const refused = await settledOf(submit(ANN, 2_000))
    expect(refused.length).toBeGreaterThan(500)
    expect(refused.every((error) => error instanceof DatabaseUnavailable)).toBe(true)
  })

  test('takes what services and the server itself give, behind a crowd that fills it', async () => {
    const { submit } = given(forEver)
    void Promise.all(submit(ANN, 2_000))
    expect(await settledOf([...submit(SERVICE, 100), ...submit(SYSTEM, 5_000)])).toEqual([])
  })

  test('keeps room for other topics behind one that is full', async () => {
    const { submit } = given(forEver)
    void Promise.all(submit(ANN, 2_000))
    expect(await settledOf(submit(ANN, 100, asTopic('count:other')))).toEqual([])
  })

  test('fails what waits behind a transaction that never ends, each by its own clock, and continues', async () => {
    const { submit, transactions } = given(forEver)
    const first = submit(ANN, 1)
    await vi.advanceTimersByTimeAsync(5_000)
    const second = submit(ANN, 1)
    await vi.advanceTimersByTimeAsync(10_001)
    expect(await settledOf(second)).toEqual([expect.any(Overloaded)])
    expect(await settledOf(first)).toEqual([])
    await vi.advanceTimersByTimeAsync(13_000)
    expect(await settledOf(first)).toEqual([expect.any(DatabaseUnavailable)])
    void Promise.all(submit(ANN, 1))
    await vi.advanceTimersByTimeAsync(10)
    expect(transactions()).toBe(2)
  })

  test('does not run a batch again by halves where the database is at fault', async () => {
    for (const code of ['25006', '53100', '57P03', '08006', '42501', '58030']) {
      const { submit, transactions } = given(async () => {
        throw Object.assign(new Error('not now'), { code })
      })
      const all = submit(ANN, 200)
      await vi.advanceTimersByTimeAsync(10)
      expect(await settledOf(all)).toEqual(Array(200).fill(expect.any(DatabaseUnavailable)))
      expect(transactions()).toBe(1)
    }
  })
})
