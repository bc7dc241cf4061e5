import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { breachCount, type CheckResult } from './check.ts'
import type { InjectedFaults } from './faulty-node.ts'
import { perform } from './scenario.ts'

const SEED = 7

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** A cut of the bus, a cut of all clients, and impatient publishers. */
async function resultWith(injected: InjectedFaults): Promise<CheckResult> {
  const setting = { seed: SEED, postgres, injected, nodes: 2, rooms: 1, watchersEach: 3, publishers: 4 }
  const { result } = await perform(
    { ...setting, impatientPercent: 30, doubtingPercent: 20 },
    async ({ redisProxy, watchers }) => {
      await pause(1_000)
      redisProxy.shut()
      await pause(1_000)
      redisProxy.open()
      await pause(2_000)
      await watchers({ kind: 'cut' })
      await pause(1_000)
      return {}
    },
  )
  return result
}

describe('The checker, over the same run with different faults', () => {
  test('reports nothing for nodes without a fault', async () => {
    const result = await resultWith({})

    expect(breachCount(result), JSON.stringify(result)).toBe(0)
    expect(result.resets).toBe(0)
  }, 120_000)

  test('notices a history that claims there is no gap', async () => {
    const { breaches } = await resultWith({ withoutGapCheck: true })

    expect(breaches.unseen).toBeGreaterThan(0)
  }, 120_000)

  test('notices a hub that resumes readers without a replay', async () => {
    const { breaches } = await resultWith({ withoutReplay: true })

    expect(breaches.unseen).toBeGreaterThan(0)
  }, 120_000)

  test('notices commands that lose their idempotency keys', async () => {
    const { breaches } = await resultWith({ withoutKeys: true })

    expect(breaches.ambiguous).toBeGreaterThan(0)
  }, 120_000)
})
