import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { MEMBER_LIMIT, type Registry } from '../../../src/engine/presence/registry.ts'
import { startProxy } from '../../support/proxy.ts'
import { startRedis } from '../../support/redis.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../../support/redis-shared.ts'
import { ANN, BEN, linesOf, OTHER_ROOM, ROOM, startRedisRegistry, usersUpTo } from './registries.ts'

const within5s = { timeout: 5_000, interval: 10 }
/** Short, so that tests need not wait; a live node still renews it in time. */
const quick = { leaseMs: 1_500, renewEveryMs: 200 }

/** Every member list that a watcher has seen, in order. */
async function watch(registry: Registry, channel = ROOM): Promise<readonly (readonly unknown[])[]> {
  const seen: (readonly unknown[])[] = []
  const look = async (): Promise<void> => {
    seen.push(linesOf(await registry.members(channel)))
  }
  onTestFinished(registry.watch(channel, () => void look()))
  await look()
  return seen
}

async function startShared(count: number): Promise<readonly Registry[]> {
  const options = { url: sharedRedisUrl(), prefix: freshRedisPrefix(), ...quick }
  return Promise.all(Array.from({ length: count }, () => startRedisRegistry(options)))
}

const settles = (registry: Registry, members: readonly unknown[], channel = ROOM) =>
  vi.waitFor(async () => expect(linesOf(await registry.members(channel))).toEqual(members), within5s)

/** Keys in Redis without those that expire on their own. */
async function keysOf(url: string, prefix: string): Promise<readonly string[]> {
  const admin = new Redis(url)
  try {
    const keys = await admin.keys(`${prefix}*`)
    return keys.filter((key) => !key.includes(':told:')).sort()
  } finally {
    admin.disconnect()
  }
}

describe('registries of several nodes', () => {
  test('show one another’s members, each user counted once', async () => {
    const [one, two, three] = await startShared(3)
    if (!one || !two || !three) throw new Error('three were started')
    one.setMeta(ROOM, ANN, 'on one')
    two.setMeta(ROOM, ANN, 'on two')
    two.setMeta(ROOM, BEN, 'on two')
    for (const each of [one, two, three]) await settles(each, [2, 'ann: on one, on two', 'ben: on two'])
    expect(await three.count(ROOM)).toBe(2)
    expect((await three.metadataOf(ROOM, [ANN])).get(ANN)?.toSorted()).toEqual(['on one', 'on two'])
    one.setMeta(ROOM, ANN, null)
    await settles(three, [2, 'ann: on two', 'ben: on two'])
  })

  test('notify watchers on other nodes', async () => {
    const [one, two] = await startShared(2)
    if (!one || !two) throw new Error('two were started')
    const seen = await watch(two)
    one.setMeta(ROOM, ANN, 'here')
    await vi.waitFor(() => expect(seen).toEqual([[0], [1, 'ann: here']]), within5s)
    one.setMeta(ROOM, ANN, null)
    await vi.waitFor(() => expect(seen).toEqual([[0], [1, 'ann: here'], [0]]), within5s)
  })

  test('notify watchers of a change right after a notification, too', async () => {
    const [one, two] = await startShared(2)
    if (!one || !two) throw new Error('two were started')
    const seen = await watch(two)
    for (const tag of ['first', 'second']) {
      one.setMeta(ROOM, ANN, `${tag}, told`)
      await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, `ann: ${tag}, told`]), within5s)
      one.setMeta(ROOM, ANN, `${tag}, after`)
      await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, `ann: ${tag}, after`]), within5s)
    }
  })

  test('learn which of a node’s users other nodes already have', async () => {
    const [one, two] = await startShared(2)
    if (!one || !two) throw new Error('two were started')
    const learnt: unknown[] = []
    one.onShared((...what) => learnt.push(['one', ...what]))
    two.onShared((...what) => learnt.push(['two', ...what]))
    one.setMeta(ROOM, ANN, 'first')
    await settles(two, [1, 'ann: first'])
    two.setMeta(ROOM, ANN, 'second')
    two.setMeta(ROOM, BEN, 'alone')
    two.setMeta(OTHER_ROOM, ANN, 'alone')
    await settles(one, [2, 'ann: first, second', 'ben: alone'])
    one.setMeta(ROOM, ANN, 'third')
    await settles(two, [2, 'ann: second, third', 'ben: alone'])
    expect(learnt).toEqual([['two', ROOM, ANN, ['first']]])
  })

  test('with different prefixes are independent', async () => {
    const [one] = await startShared(1)
    const [other] = await startShared(1)
    one?.setMeta(ROOM, ANN, 'here')
    other?.setMeta(ROOM, BEN, 'here')
    if (one && other) await Promise.all([settles(one, [1, 'ann: here']), settles(other, [1, 'ben: here'])])
  })

  test('leave only their leases in Redis once all metadata is removed', async () => {
    const prefix = freshRedisPrefix()
    const url = sharedRedisUrl()
    const [one, two] = [
      await startRedisRegistry({ url, prefix, ...quick }),
      await startRedisRegistry({ url, prefix, ...quick }),
    ]
    const users = usersUpTo(300)
    for (const user of users) for (const each of [one, two]) each.setMeta(ROOM, user, 'here')
    await settles(one, [300])
    for (const user of users) one.setMeta(ROOM, user, null)
    for (const user of users) two.setMeta(ROOM, user, null)
    await settles(two, [0])
    expect(await keysOf(url, prefix)).toEqual([`${prefix}{presence}:leases`])
  })
})

describe('a node that shuts down', () => {
  test('leaves its metadata for a moment, so that its users can reconnect to other nodes', async () => {
    const [one, two] = await startShared(2)
    if (!one || !two) throw new Error('two were started')
    one.setMeta(ROOM, ANN, 'here')
    await settles(two, [1, 'ann: here'])
    const seen = await watch(two)
    await one.close()
    two.setMeta(ROOM, ANN, 'there')
    await vi.waitFor(() => expect(seen).toHaveLength(2), within5s)
    expect(seen).toEqual([
      [1, 'ann: here'],
      [1, 'ann: here, there'],
    ])
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 'ann: there']), { timeout: 15_000, interval: 50 })
  })
})

/** A node whose connection to Redis can be blocked, so that it looks dead to all others. */
async function startBlockable(prefix: string, node = 'blocked') {
  const proxy = await startProxy(Number(new URL(sharedRedisUrl()).port))
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const url = `redis://127.0.0.1:${proxy.port}`
  const registry = await startRedisRegistry({ url, prefix, node, ...quick })
  return { proxy, registry }
}

describe('a node that lost contact', () => {
  test('loses its metadata and all its keys when its lease expires, while others keep theirs', async () => {
    const prefix = freshRedisPrefix()
    const url = sharedRedisUrl()
    const two = await startRedisRegistry({ url, prefix, ...quick })
    const { proxy, registry: one } = await startBlockable(prefix)
    const lost = usersUpTo(50)
    for (const user of lost) one.setMeta(ROOM, user, 'one')
    one.setMeta(OTHER_ROOM, ANN, 'one')
    one.setMeta(ROOM, ANN, 'one')
    two.setMeta(ROOM, ANN, 'two')
    two.setMeta(ROOM, BEN, 'two')
    await vi.waitFor(async () => expect(await two.count(ROOM)).toBe(52), within5s)
    const seen = await watch(two)

    proxy.swallow()
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([2, 'ann: two', 'ben: two']), within5s)
    await settles(two, [0], OTHER_ROOM)
    // Users present on another node were never missing.
    for (const members of seen) {
      expect(members.some((line) => String(line).startsWith('ann: '))).toBe(true)
      expect(members).toContain('ben: two')
    }
    const keys = await keysOf(url, prefix)
    expect(keys.filter((key) => /blocked|dead|room_2/.test(key))).toEqual([])
  })

  test('is cleaned up by a node that starts later, if no other was left', async () => {
    const prefix = freshRedisPrefix()
    const { proxy, registry: one } = await startBlockable(prefix)
    for (const user of usersUpTo(3_000)) one.setMeta(ROOM, user, 'one')
    expect(await one.count(ROOM)).toBe(3_000)
    proxy.swallow()
    const two = await startRedisRegistry({ url: sharedRedisUrl(), prefix, ...quick })
    expect(await two.count(ROOM)).toBe(3_000)
    await vi.waitFor(async () => expect(await two.count(ROOM)).toBe(0), within5s)
  })

  test('has its metadata again when it is back, even if it was considered dead', async () => {
    const prefix = freshRedisPrefix()
    const two = await startRedisRegistry({ url: sharedRedisUrl(), prefix, ...quick })
    const { proxy, registry: one } = await startBlockable(prefix)
    one.setMeta(ROOM, ANN, 'one')
    await settles(two, [1, 'ann: one'])
    proxy.swallow()
    await settles(two, [0])
    one.setMeta(ROOM, BEN, 'came meanwhile')
    one.setMeta(ROOM, ANN, 'stayed')
    proxy.heal()
    await settles(two, [2, 'ann: stayed', 'ben: came meanwhile'])
    await settles(one, [2, 'ann: stayed', 'ben: came meanwhile'])
  })

  test('returns under a new lease unnoticed if it is quick', async () => {
    const options = { url: sharedRedisUrl(), prefix: freshRedisPrefix(), leaseMs: 60_000 }
    const { url, prefix } = options
    const two = await startRedisRegistry(options)
    const one = await startRedisRegistry(options)
    one.setMeta(ROOM, ANN, 'one')
    two.setMeta(ROOM, BEN, 'two')
    await settles(two, [2, 'ann: one', 'ben: two'])
    const [seenByOne, seenByTwo] = [await watch(one), await watch(two)]
    const admin = new Redis(url)
    const clients = String(await admin.client('LIST')).split('\n')
    const stores = clients.filter((line) => line.includes('name=rostrum-store'))
    for (const line of stores) await admin.client('KILL', 'ID', /id=(\d+)/.exec(line)?.[1] ?? '')
    const lease = (): Promise<string[]> => admin.zrange(`${prefix}{presence}:leases`, 0, -1)
    await vi.waitFor(async () =>
      expect((await lease()).filter((each) => each.endsWith('.2'))).toHaveLength(2),
    )
    one.setMeta(ROOM, ANN, 'one, later')
    await vi.waitFor(() => expect(seenByTwo.at(-1)).toEqual([2, 'ann: one, later', 'ben: two']), within5s)
    await vi.waitFor(async () => expect(await lease()).toHaveLength(2), within5s)
    admin.disconnect()
    for (const members of [...seenByOne, ...seenByTwo]) expect(members[0]).toBe(2)
  })
})

describe('a registry whose lease was ended by others', () => {
  async function givenEnded(renewEveryMs: number) {
    const prefix = freshRedisPrefix()
    const url = sharedRedisUrl()
    const registry = await startRedisRegistry({ url, prefix, renewEveryMs, node: 'node' })
    registry.setMeta(ROOM, ANN, 'here')
    await settles(registry, [1, 'ann: here'])
    const admin = new Redis(url)
    onTestFinished(() => admin.disconnect())
    const leases = `${prefix}{presence}:leases`
    expect(await admin.zrem(leases, 'node.1')).toBe(1)
    return {
      registry,
      leases: () => admin.zrange(leases, 0, -1),
      users: async () => (await admin.hkeys(`${prefix}{presence}:of:node.2:${ROOM}`)).sort(),
    }
  }

  test('notices on renewal and writes its metadata again under a new one', async () => {
    const { leases, users } = await givenEnded(200)
    await vi.waitFor(async () => expect(await users()).toEqual([ANN]), within5s)
    expect(await leases()).toEqual(['node.2'])
  })

  test('notices on a write and writes its metadata again under a new one', async () => {
    const { registry, leases, users } = await givenEnded(60_000)
    registry.setMeta(ROOM, BEN, 'here')
    await vi.waitFor(async () => expect(await users()).toEqual([ANN, BEN]), within5s)
    expect(await leases()).toEqual(['node.2'])
    await settles(registry, [2, 'ann: here', 'ben: here'])
  })
})

describe('while Redis answers but rejects writes', () => {
  test('a node reports it as unavailable, and as back only after a successful write', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    const admin = new Redis(redis.url)
    onTestFinished(() => admin.disconnect())
    const changes: (string | null)[] = []
    const registry = await startRedisRegistry({
      ...{ url: redis.url, prefix: 'test:', ...quick },
      onChange: (problem) => changes.push(problem),
    })
    registry.setMeta(ROOM, ANN, 'here')
    await settles(registry, [1, 'ann: here'])
    expect(changes).toEqual([null])

    await admin.config('SET', 'maxmemory', '1')
    await vi.waitFor(() => expect(changes.at(-1)).toMatch('OOM'), within5s)
    // Several reconnects; each would have counted as back.
    await vi.waitFor(() => expect(changes.length).toBeGreaterThan(4), within5s)
    expect(changes.filter((problem) => problem === null)).toHaveLength(1)

    await admin.config('SET', 'maxmemory', '0')
    await vi.waitFor(() => expect(changes.at(-1)).toBe(null), within5s)
  })
})

describe('while Redis is killed and comes back empty', () => {
  test('a node knows its own members, for one lease those of others, and finally all again', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    const changes: (string | null)[] = []
    const options = { url: redis.url, prefix: 'test:', ...quick }
    const one = await startRedisRegistry({ ...options, onChange: (problem) => changes.push(problem) })
    const two = await startRedisRegistry(options)
    one.setMeta(ROOM, ANN, 'one')
    two.setMeta(ROOM, BEN, 'two')
    await settles(one, [2, 'ann: one', 'ben: two'])
    const seen = await watch(one)

    await redis.kill()
    const killedAt = performance.now()
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 'ann: one']), within5s)
    expect(performance.now() - killedAt).toBeGreaterThan(quick.leaseMs - 100)
    expect(await one.count(ROOM)).toBe(1)
    expect([...(await one.metadataOf(ROOM, [ANN, BEN])).keys()]).toEqual([ANN])
    expect(linesOf(await one.members(OTHER_ROOM))).toEqual([0])
    one.setMeta(ROOM, ANN, 'one, later')
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 'ann: one, later']), within5s)

    await redis.restart()
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([2, 'ann: one, later', 'ben: two']), within5s)
    expect(changes).toEqual([null, expect.any(String), null])
  })

  test('no user appears to leave if that is quick', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    const options = { url: redis.url, prefix: 'test:', leaseMs: 10_000, renewEveryMs: 200 }
    const one = await startRedisRegistry(options)
    const two = await startRedisRegistry(options)
    one.setMeta(ROOM, ANN, 'here')
    two.setMeta(ROOM, BEN, 'here')
    for (const each of [one, two]) await settles(each, [2, 'ann: here', 'ben: here'])
    const seen = [await watch(one), await watch(two)]
    await redis.restart()
    const admin = new Redis(redis.url)
    onTestFinished(() => admin.disconnect())
    await vi.waitFor(async () => expect(await admin.hlen(`test:{presence}:users:${ROOM}`)).toBe(2), within5s)
    for (const each of seen) expect(each).toEqual([[2, 'ann: here', 'ben: here']])
  })

  test('a node starts without it, and shares its members once it is available', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    await redis.kill()
    const options = { url: redis.url, prefix: 'test:', ...quick }
    const one = await startRedisRegistry(options)
    one.setMeta(ROOM, ANN, 'one')
    expect(linesOf(await one.members(ROOM))).toEqual([1, 'ann: one'])
    await redis.restart()
    const two = await startRedisRegistry(options)
    await settles(two, [1, 'ann: one'])
  })
})

describe('a full room', () => {
  test('that loses a node shows only a count until it is below the limit', async () => {
    const prefix = freshRedisPrefix()
    const two = await startRedisRegistry({ url: sharedRedisUrl(), prefix, ...quick })
    const { proxy, registry: one } = await startBlockable(prefix)
    for (const user of usersUpTo(MEMBER_LIMIT * 5)) one.setMeta(ROOM, user, 'one')
    two.setMeta(ROOM, ANN, 'two')
    await vi.waitFor(async () => expect(await two.count(ROOM)).toBe(MEMBER_LIMIT * 5 + 1), within5s)
    const seen = await watch(two)
    expect(seen).toEqual([[MEMBER_LIMIT * 5 + 1]])
    proxy.swallow()
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 'ann: two']), within5s)
    for (const members of seen.slice(0, -1)) expect(members).toHaveLength(1)
  })
})
