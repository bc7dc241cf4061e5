import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { createMemoryRates } from '../../../src/platform/limits/rates.memory.ts'
import { createRedisRates } from '../../../src/platform/limits/rates.redis.ts'
import type { Rates } from '../../../src/platform/limits/rates.ts'
import { startRedis } from '../../support/redis.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../../support/redis-shared.ts'

/** Slow, so that no token comes back while a test counts. */
const SLOW = { perSecond: 0.01, burst: 5 }
const QUICK = { perSecond: 50, burst: 2 }

const implementations = {
  memory: async (rate: typeof SLOW) => createMemoryRates(rate),
  redis: (rate: typeof SLOW) =>
    createRedisRates({ ...rate, url: sharedRedisUrl(), prefix: freshRedisPrefix() }),
}

async function grantedOf(rates: Rates, user: string, times: number): Promise<number> {
  const waits = await Promise.all(Array.from({ length: times }, () => rates.take(asUserId(user))))
  return waits.filter((wait) => wait === 0).length
}

describe.for(Object.entries(implementations))('rates in %s', ([, create]) => {
  async function ratesOf(rate: typeof SLOW): Promise<Rates> {
    const rates = await create(rate)
    onTestFinished(() => rates.close())
    return rates
  }

  test('grant a burst to each user, and not one more', async () => {
    const rates = await ratesOf(SLOW)
    const [ann, bob] = [randomUUID(), `${randomUUID()} {with} braces: and ünïcode`]
    expect(await grantedOf(rates, ann, 20)).toBe(5)
    expect(await grantedOf(rates, bob, 3)).toBe(3)
    expect(await grantedOf(rates, bob, 3)).toBe(2)
    expect(await grantedOf(rates, ann, 3)).toBe(0)
  })

  test('say how long to wait, and grant one more then', async () => {
    const rates = await ratesOf(QUICK)
    const ann = asUserId(randomUUID())
    expect(await grantedOf(rates, ann, 2)).toBe(2)
    let wait = await rates.take(ann)
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(20)
    const started = performance.now()
    while (wait > 0) wait = await rates.take(ann)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('count several at once: all of them or none', async () => {
    const rates = await ratesOf(SLOW)
    const ann = asUserId(randomUUID())
    expect(await rates.take(ann, 3)).toBe(0)
    expect(await rates.take(ann, 3)).toBeGreaterThan(0)
    expect(await rates.take(ann, 2)).toBe(0)
    expect(await rates.take(ann)).toBeGreaterThan(0)
  })

  test('do not count what was refused', async () => {
    const rates = await ratesOf(QUICK)
    const ann = asUserId(randomUUID())
    await grantedOf(rates, ann, 2)
    const waits = await Promise.all(Array.from({ length: 50 }, () => rates.take(ann)))
    expect(Math.max(...waits)).toBeLessThanOrEqual(20)
  })
})

describe('rates in Redis', () => {
  test('are shared by all nodes', async () => {
    const options = { ...SLOW, url: sharedRedisUrl(), prefix: freshRedisPrefix() }
    const nodes = await Promise.all([1, 2, 3].map(() => createRedisRates(options)))
    onTestFinished(() => Promise.all(nodes.map((node) => node.close())).then(() => {}))
    const granted = await Promise.all(nodes.map((node) => grantedOf(node, 'ann', 5)))
    expect(granted.reduce((sum, each) => sum + each, 0)).toBe(5)
  })

  test('are local to each node while Redis is unavailable', async () => {
    const problems: (string | null)[] = []
    const rates = await createRedisRates({
      ...{ ...SLOW, url: 'redis://127.0.0.1:1', prefix: '' },
      onChange: (problem) => problems.push(problem),
    })
    onTestFinished(() => rates.close())
    expect(await grantedOf(rates, 'ann', 20)).toBe(5)
    expect(problems).toEqual([expect.any(String)])
  })

  test('recover only once Redis has counted again, and keeps counting', async () => {
    await using redis = await startRedis()
    const admin = new Redis(redis.url)
    onTestFinished(() => admin.disconnect())
    const problems: (string | null)[] = []
    const rates = await createRedisRates({
      ...{ ...SLOW, url: redis.url, prefix: '' },
      onChange: (problem) => problems.push(problem),
    })
    await vi.waitFor(() => expect(problems).toEqual([null]), { timeout: 5_000 })
    await admin.config('SET', 'maxmemory', '1')
    await rates.take(asUserId('ann'))
    await vi.waitFor(() => expect(problems.length).toBeGreaterThan(3), { timeout: 10_000 })
    expect(problems.filter((problem) => problem === null)).toHaveLength(1)
    await admin.config('SET', 'maxmemory', '0')
    await vi.waitFor(() => expect(problems.at(-1)).toBe(null), { timeout: 15_000 })
    await rates.close()
  })
})
