import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Registry, ROLL_LIMIT } from '../../../src/engine/presence/registry.ts'
import { startProxy } from '../../support/proxy.ts'
import { startRedis } from '../../support/redis.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../../support/redis-shared.ts'
import { ANN, BEN, linesOf, OTHER_ROOM, ROOM, startRedisRegistry, usersUpTo } from './registries.ts'

const within5s = { timeout: 5_000, interval: 10 }
/** Short, so that a test need not wait; a node that lives renews it in time all the same. */
const quick = { leaseMs: 1_500, renewEveryMs: 200 }

/** Every roll that a follower has seen, in order. */
async function watch(registry: Registry, place = ROOM): Promise<readonly (readonly unknown[])[]> {
  const seen: (readonly unknown[])[] = []
  const look = async (): Promise<void> => {
    seen.push(linesOf(await registry.roll(place)))
  }
  onTestFinished(registry.follow(place, () => void look()))
  await look()
  return seen
}

async function startShared(count: number): Promise<readonly Registry[]> {
  const options = { url: sharedRedisUrl(), prefix: freshRedisPrefix(), ...quick }
  return Promise.all(Array.from({ length: count }, () => startRedisRegistry(options)))
}

const settles = (registry: Registry, roll: readonly unknown[], place = ROOM) =>
  vi.waitFor(async () => expect(linesOf(await registry.roll(place))).toEqual(roll), within5s)

/** Keys in Redis; those that end by themselves left out. */
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
  test('show one another’s tags, each user counted once', async () => {
    const [one, two, three] = await startShared(3)
    if (!one || !two || !three) throw new Error('three were started')
    one.tag(ROOM, ANN, 'on one')
    two.tag(ROOM, ANN, 'on two')
    two.tag(ROOM, BEN, 'on two')
    for (const each of [one, two, three]) await settles(each, [2, 'ann: on one, on two', 'ben: on two'])
    expect(await three.count(ROOM)).toBe(2)
    expect((await three.tagsOf(ROOM, [ANN])).get(ANN)?.toSorted()).toEqual(['on one', 'on two'])
    one.tag(ROOM, ANN, null)
    await settles(three, [2, 'ann: on two', 'ben: on two'])
  })

  test('tell followers on other nodes', async () => {
    const [one, two] = await startShared(2)
    if (!one || !two) throw new Error('two were started')
    const seen = await watch(two)
    one.tag(ROOM, ANN, 'here')
    await vi.waitFor(() => expect(seen).toEqual([[0], [1, 'ann: here']]), within5s)
    one.tag(ROOM, ANN, null)
    await vi.waitFor(() => expect(seen).toEqual([[0], [1, 'ann: here'], [0]]), within5s)
  })

  test('tell followers also what changes right after they were told', async () => {
    const [one, two] = await startShared(2)
    if (!one || !two) throw new Error('two were started')
    const seen = await watch(two)
    for (const tag of ['first', 'second']) {
      one.tag(ROOM, ANN, `${tag}, told`)
      await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, `ann: ${tag}, told`]), within5s)
      one.tag(ROOM, ANN, `${tag}, after`)
      await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, `ann: ${tag}, after`]), within5s)
    }
  })

  test('learn which of a node’s users others have tagged before', async () => {
    const [one, two] = await startShared(2)
    if (!one || !two) throw new Error('two were started')
    const learnt: unknown[] = []
    one.onShared((...what) => learnt.push(['one', ...what]))
    two.onShared((...what) => learnt.push(['two', ...what]))
    one.tag(ROOM, ANN, 'first')
    await settles(two, [1, 'ann: first'])
    two.tag(ROOM, ANN, 'second')
    two.tag(ROOM, BEN, 'alone')
    two.tag(OTHER_ROOM, ANN, 'alone')
    await settles(one, [2, 'ann: first, second', 'ben: alone'])
    one.tag(ROOM, ANN, 'third')
    await settles(two, [2, 'ann: second, third', 'ben: alone'])
    expect(learnt).toEqual([['two', ROOM, ANN, ['first']]])
  })

  test('with other prefixes know nothing of each other', async () => {
    const [one] = await startShared(1)
    const [other] = await startShared(1)
    one?.tag(ROOM, ANN, 'here')
    other?.tag(ROOM, BEN, 'here')
    if (one && other) await Promise.all([settles(one, [1, 'ann: here']), settles(other, [1, 'ben: here'])])
  })

  test('leave nothing but their leases in Redis when all tags were taken away', async () => {
    const prefix = freshRedisPrefix()
    const url = sharedRedisUrl()
    const [one, two] = [
      await startRedisRegistry({ url, prefix, ...quick }),
      await startRedisRegistry({ url, prefix, ...quick }),
    ]
    const users = usersUpTo(300)
    for (const user of users) for (const each of [one, two]) each.tag(ROOM, user, 'here')
    await settles(one, [300])
    for (const user of users) one.tag(ROOM, user, null)
    for (const user of users) two.tag(ROOM, user, null)
    await settles(two, [0])
    expect(await keysOf(url, prefix)).toEqual([`${prefix}{presence}:leases`])
  })
})

describe('a node that closes', () => {
  test('leaves its tags for a moment, so that its users can come to others', async () => {
    const [one, two] = await startShared(2)
    if (!one || !two) throw new Error('two were started')
    one.tag(ROOM, ANN, 'here')
    await settles(two, [1, 'ann: here'])
    const seen = await watch(two)
    await one.close()
    two.tag(ROOM, ANN, 'there')
    await vi.waitFor(() => expect(seen).toHaveLength(2), within5s)
    expect(seen).toEqual([
      [1, 'ann: here'],
      [1, 'ann: here, there'],
    ])
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 'ann: there']), { timeout: 15_000, interval: 50 })
  })
})

/** A node whose way to Redis can be blocked: to all others it is as if dead. */
async function startBlockable(prefix: string, node = 'blocked') {
  const proxy = await startProxy(Number(new URL(sharedRedisUrl()).port))
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const url = `redis://127.0.0.1:${proxy.port}`
  const registry = await startRedisRegistry({ url, prefix, node, ...quick })
  return { proxy, registry }
}

describe('a node that is heard of no more', () => {
  test('has no tags any more when its lease is over, others keep theirs, and nothing of it stays', async () => {
    const prefix = freshRedisPrefix()
    const url = sharedRedisUrl()
    const two = await startRedisRegistry({ url, prefix, ...quick })
    const { proxy, registry: one } = await startBlockable(prefix)
    const lost = usersUpTo(50)
    for (const user of lost) one.tag(ROOM, user, 'one')
    one.tag(OTHER_ROOM, ANN, 'one')
    one.tag(ROOM, ANN, 'one')
    two.tag(ROOM, ANN, 'two')
    two.tag(ROOM, BEN, 'two')
    await vi.waitFor(async () => expect(await two.count(ROOM)).toBe(52), within5s)
    const seen = await watch(two)

    proxy.swallow()
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([2, 'ann: two', 'ben: two']), within5s)
    await settles(two, [0], OTHER_ROOM)
    // At no time was anybody missing who was there.
    for (const roll of seen) {
      expect(roll.some((line) => String(line).startsWith('ann: '))).toBe(true)
      expect(roll).toContain('ben: two')
    }
    const keys = await keysOf(url, prefix)
    expect(keys.filter((key) => /blocked|dead|room_2/.test(key))).toEqual([])
  })

  test('is cleared up after by one that begins later, where no other was left', async () => {
    const prefix = freshRedisPrefix()
    const { proxy, registry: one } = await startBlockable(prefix)
    for (const user of usersUpTo(3_000)) one.tag(ROOM, user, 'one')
    expect(await one.count(ROOM)).toBe(3_000)
    proxy.swallow()
    const two = await startRedisRegistry({ url: sharedRedisUrl(), prefix, ...quick })
    expect(await two.count(ROOM)).toBe(3_000)
    await vi.waitFor(async () => expect(await two.count(ROOM)).toBe(0), within5s)
  })

  test('has its tags again when it is back, also where it was thought dead', async () => {
    const prefix = freshRedisPrefix()
    const two = await startRedisRegistry({ url: sharedRedisUrl(), prefix, ...quick })
    const { proxy, registry: one } = await startBlockable(prefix)
    one.tag(ROOM, ANN, 'one')
    await settles(two, [1, 'ann: one'])
    proxy.swallow()
    await settles(two, [0])
    one.tag(ROOM, BEN, 'came meanwhile')
    one.tag(ROOM, ANN, 'stayed')
    proxy.heal()
    await settles(two, [2, 'ann: stayed', 'ben: came meanwhile'])
    await settles(one, [2, 'ann: stayed', 'ben: came meanwhile'])
  })

  test('is back under another lease without anybody seeing it, where that was quick', async () => {
    const options = { url: sharedRedisUrl(), prefix: freshRedisPrefix(), leaseMs: 60_000 }
    const { url, prefix } = options
    const two = await startRedisRegistry(options)
    const one = await startRedisRegistry(options)
    one.tag(ROOM, ANN, 'one')
    two.tag(ROOM, BEN, 'two')
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
    one.tag(ROOM, ANN, 'one, later')
    await vi.waitFor(() => expect(seenByTwo.at(-1)).toEqual([2, 'ann: one, later', 'ben: two']), within5s)
    await vi.waitFor(async () => expect(await lease()).toHaveLength(2), within5s)
    admin.disconnect()
    for (const roll of [...seenByOne, ...seenByTwo]) expect(roll[0]).toBe(2)
  })
})

describe('a registry whose lease others have ended', () => {
  async function givenEnded(renewEveryMs: number) {
    const prefix = freshRedisPrefix()
    const url = sharedRedisUrl()
    const registry = await startRedisRegistry({ url, prefix, renewEveryMs, node: 'node' })
    registry.tag(ROOM, ANN, 'here')
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

  test('finds out when it renews it, and has its tags again under a new one', async () => {
    const { leases, users } = await givenEnded(200)
    await vi.waitFor(async () => expect(await users()).toEqual([ANN]), within5s)
    expect(await leases()).toEqual(['node.2'])
  })

  test('finds out when it writes, and has its tags again under a new one', async () => {
    const { registry, leases, users } = await givenEnded(60_000)
    registry.tag(ROOM, BEN, 'here')
    await vi.waitFor(async () => expect(await users()).toEqual([ANN, BEN]), within5s)
    expect(await leases()).toEqual(['node.2'])
    await settles(registry, [2, 'ann: here', 'ben: here'])
  })
})

describe('when Redis takes no writes though it answers', () => {
  test('a node says that it is away, and that it is back only when a write has worked', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    const admin = new Redis(redis.url)
    onTestFinished(() => admin.disconnect())
    const changes: (string | null)[] = []
    const registry = await startRedisRegistry({
      ...{ url: redis.url, prefix: 'test:', ...quick },
      onChange: (problem) => changes.push(problem),
    })
    registry.tag(ROOM, ANN, 'here')
    await settles(registry, [1, 'ann: here'])
    expect(changes).toEqual([null])

    await admin.config('SET', 'maxmemory', '1')
    await vi.waitFor(() => expect(changes.at(-1)).toMatch('OOM'), within5s)
    // Several new connections, each of which would have counted as back.
    await vi.waitFor(() => expect(changes.length).toBeGreaterThan(4), within5s)
    expect(changes.filter((problem) => problem === null)).toHaveLength(1)

    await admin.config('SET', 'maxmemory', '0')
    await vi.waitFor(() => expect(changes.at(-1)).toBe(null), within5s)
  })
})

describe('when Redis is killed and comes back empty', () => {
  test('a node knows its own, for a moment with what it knew of others, and all are there again', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    const changes: (string | null)[] = []
    const options = { url: redis.url, prefix: 'test:', ...quick }
    const one = await startRedisRegistry({ ...options, onChange: (problem) => changes.push(problem) })
    const two = await startRedisRegistry(options)
    one.tag(ROOM, ANN, 'one')
    two.tag(ROOM, BEN, 'two')
    await settles(one, [2, 'ann: one', 'ben: two'])
    const seen = await watch(one)

    await redis.kill()
    const killedAt = performance.now()
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 'ann: one']), within5s)
    expect(performance.now() - killedAt).toBeGreaterThan(quick.leaseMs - 100)
    expect(await one.count(ROOM)).toBe(1)
    expect([...(await one.tagsOf(ROOM, [ANN, BEN])).keys()]).toEqual([ANN])
    expect(linesOf(await one.roll(OTHER_ROOM))).toEqual([0])
    one.tag(ROOM, ANN, 'one, later')
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 'ann: one, later']), within5s)

    await redis.restart()
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([2, 'ann: one, later', 'ben: two']), within5s)
    expect(changes).toEqual([null, expect.any(String), null])
  })

  test('nobody is seen to leave where it was quick', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    const options = { url: redis.url, prefix: 'test:', leaseMs: 10_000, renewEveryMs: 200 }
    const one = await startRedisRegistry(options)
    const two = await startRedisRegistry(options)
    one.tag(ROOM, ANN, 'here')
    two.tag(ROOM, BEN, 'here')
    for (const each of [one, two]) await settles(each, [2, 'ann: here', 'ben: here'])
    const seen = [await watch(one), await watch(two)]
    await redis.restart()
    const admin = new Redis(redis.url)
    onTestFinished(() => admin.disconnect())
    await vi.waitFor(async () => expect(await admin.hlen(`test:{presence}:users:${ROOM}`)).toBe(2), within5s)
    for (const each of seen) expect(each).toEqual([[2, 'ann: here', 'ben: here']])
  })

  test('a node starts without it, and shares what it has when it comes', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    await redis.kill()
    const options = { url: redis.url, prefix: 'test:', ...quick }
    const one = await startRedisRegistry(options)
    one.tag(ROOM, ANN, 'one')
    expect(linesOf(await one.roll(ROOM))).toEqual([1, 'ann: one'])
    await redis.restart()
    const two = await startRedisRegistry(options)
    await settles(two, [1, 'ann: one'])
  })
})

describe('a full room', () => {
  test('that loses a node is its count alone until it is no longer too full', async () => {
    const prefix = freshRedisPrefix()
    const two = await startRedisRegistry({ url: sharedRedisUrl(), prefix, ...quick })
    const { proxy, registry: one } = await startBlockable(prefix)
    for (const user of usersUpTo(ROLL_LIMIT * 5)) one.tag(ROOM, user, 'one')
    two.tag(ROOM, ANN, 'two')
    await vi.waitFor(async () => expect(await two.count(ROOM)).toBe(ROLL_LIMIT * 5 + 1), within5s)
    const seen = await watch(two)
    expect(seen).toEqual([[ROLL_LIMIT * 5 + 1]])
    proxy.swallow()
    await vi.waitFor(() => expect(seen.at(-1)).toEqual([1, 'ann: two']), within5s)
    for (const roll of seen.slice(0, -1)) expect(roll).toHaveLength(1)
  })
})
