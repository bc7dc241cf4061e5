import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  type Call,
  createStore,
  RedisAway,
  type Script,
  type Store,
  scriptOf,
} from '../../../src/platform/redis/store.redis.ts'
import { startProxy } from '../../support/proxy.ts'
import { startRedis } from '../../support/redis.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../../support/redis-shared.ts'

const APPEND = scriptOf(`redis.call('RPUSH', KEYS[1], ARGV[1]) return redis.call('LRANGE', KEYS[1], 0, -1)`)
const LENGTH = scriptOf(`return redis.call('LLEN', KEYS[1])`)
const FAIL = scriptOf(`redis.call('SET', KEYS[1], 'x') return redis.call('LLEN', KEYS[1])`)
const within5s = { timeout: 5_000, interval: 10 }

async function open(url: string) {
  const changes: string[] = []
  const store = await createStore({
    url,
    scripts: [APPEND, LENGTH, FAIL],
    onUp: () => changes.push('up'),
    onDown: (problem) => changes.push(`down: ${problem}`),
    answerTimeoutMs: 500,
    connectTimeoutMs: 500,
  })
  onTestFinished(() => store.close())
  return { store, changes }
}

const key = (): string => `${freshRedisPrefix()}list`
const call = (script: Script, name: string, ...args: readonly string[]): Call => ({
  script,
  keys: [name],
  args,
})
const works = (store: Store) =>
  vi.waitFor(async () => expect(await store.run([call(LENGTH, key())])).toEqual([['0']]), within5s)

describe('a store', () => {
  test('runs scripts in order, and answers each with texts', async () => {
    const { store, changes } = await open(sharedRedisUrl())
    const name = key()
    expect(
      await store.run([call(APPEND, name, 'a'), call(APPEND, name, 'é 😀'), call(LENGTH, name)]),
    ).toEqual([['a'], ['a', 'é 😀'], ['2']])
    expect(await store.run([])).toEqual([])
    expect(changes).toEqual(['up'])
  })

  test('rejects after an error of Redis, and starts again with another connection', async () => {
    const { store, changes } = await open(sharedRedisUrl())
    const failing = store.run([call(FAIL, key(), 'a secret argument')])
    await expect(failing).rejects.toBeInstanceOf(RedisAway)
    await expect(failing).rejects.toThrow('WRONGTYPE')
    expect(JSON.stringify(await failing.catch((fault: Error) => ({ ...fault })))).not.toContain('secret')
    await works(store)
    expect(changes).toEqual(['up', expect.stringContaining('down: '), 'up'])
  })

  test('rejects at once while Redis is down, and works when it is back, even without its scripts', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    const { store, changes } = await open(redis.url)
    await redis.kill()
    await vi.waitFor(() => expect(changes).toHaveLength(2), within5s)
    const started = performance.now()
    await expect(store.run([call(LENGTH, key())])).rejects.toThrow('Redis is away')
    expect(performance.now() - started).toBeLessThan(100)
    await redis.restart()
    await works(store)
    expect(changes).toEqual(['up', expect.stringContaining('down: '), 'up'])
  })

  test('treats an unresponsive Redis as down, and rejects what was in flight', async () => {
    const proxy = await startProxy(Number(new URL(sharedRedisUrl()).port))
    onTestFinished(() => proxy[Symbol.asyncDispose]())
    const { store, changes } = await open(`redis://127.0.0.1:${proxy.port}`)
    proxy.swallow()
    await expect(store.run([call(LENGTH, key())])).rejects.toBeInstanceOf(RedisAway)
    await vi.waitFor(() => expect(changes).toHaveLength(2), within5s)
    proxy.heal()
    await works(store)
  })

  test('starts without Redis, reports it once without a password, and closes', async () => {
    const { store, changes } = await open('redis://:a-secret-password@127.0.0.1:1')
    await expect(store.run([call(LENGTH, key())])).rejects.toBeInstanceOf(RedisAway)
    await vi.waitFor(() => expect(changes).toHaveLength(1), within5s)
    await store.close()
    await expect(store.close()).resolves.toBeUndefined()
    expect(changes).toEqual([expect.stringMatching(/^down: (?!.*secret)/)])
  })
})
