import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { createMemoryRegistry } from '../../../src/engine/presence/registry.memory.ts'
import {
  MEMBER_LIMIT,
  type MemberList,
  NOTIFY_EVERY_MS,
  type Registry,
} from '../../../src/engine/presence/registry.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../../support/redis-shared.ts'
import { ANN, BEN, linesOf, OTHER_ROOM, ROOM, startRedisRegistry, usersUpTo } from './registries.ts'

const implementations: readonly { readonly name: string; readonly create: () => Promise<Registry> }[] = [
  { name: 'memory', create: async () => createMemoryRegistry() },
  {
    name: 'redis',
    create: () => startRedisRegistry({ url: sharedRedisUrl(), prefix: freshRedisPrefix() }),
  },
]

describe.each(implementations)('a registry ($name)', ({ create }) => {
  let registry: Registry

  beforeEach(async () => {
    registry = await create()
  })
  afterEach(() => registry.close())

  const lines = async (channel = ROOM) => linesOf(await registry.members(channel))

  interface Watched {
    /** The members at each notification. */
    readonly seen: MemberList[]
    /** Times of the notifications in milliseconds. */
    readonly times: number[]
    stop(): void
  }

  async function watch(channel = ROOM): Promise<Watched> {
    const seen: MemberList[] = []
    const times: number[] = []
    const stop = registry.watch(channel, () => {
      times.push(performance.now())
      void registry.members(channel).then((members) => seen.push(members))
    })
    onTestFinished(stop)
    await registry.members(channel)
    return { seen, times, stop }
  }

  /** Resolves when all pending notifications have been sent. */
  async function settled(): Promise<void> {
    const { seen } = await watch(OTHER_ROOM)
    registry.setMeta(OTHER_ROOM, asUserId('settled'), String(performance.now()))
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), { timeout: 5_000 })
  }

  describe('setting metadata', () => {
    test('shows each user with the latest metadata, counted once', async () => {
      registry.setMeta(ROOM, ANN, 'first')
      registry.setMeta(ROOM, BEN, 'there')
      registry.setMeta(ROOM, ANN, 'second')
      expect(await lines()).toEqual([2, 'ann: second', 'ben: there'])
      expect(await registry.count(ROOM)).toBe(2)
    })

    test('to null removes it, even if none was set', async () => {
      registry.setMeta(ROOM, ANN, 'here')
      registry.setMeta(ROOM, BEN, 'here')
      expect(await registry.count(ROOM)).toBe(2)
      registry.setMeta(ROOM, ANN, null)
      registry.setMeta(ROOM, asUserId('nobody'), null)
      expect(await lines()).toEqual([1, 'ben: here'])
      registry.setMeta(ROOM, BEN, null)
      expect(await lines()).toEqual([0])
      expect(await registry.count(ROOM)).toBe(0)
    })

    test('concerns one channel and no other', async () => {
      registry.setMeta(ROOM, ANN, 'here')
      registry.setMeta(OTHER_ROOM, ANN, 'there')
      registry.setMeta(OTHER_ROOM, BEN, 'there')
      expect(await lines()).toEqual([1, 'ann: here'])
      registry.setMeta(ROOM, ANN, null)
      expect(await lines(OTHER_ROOM)).toEqual([2, 'ann: there', 'ben: there'])
    })

    test('keeps user ids and metadata unchanged', async () => {
      const odd = [
        '__proto__',
        'constructor',
        ' a b ',
        'é漢😀',
        '"\\',
        "o'neil",
        '*?[x]',
        '1',
        'x'.repeat(256),
      ]
      const tags = [...odd].reverse().map((text) => `${text}\n`)
      for (const [index, user] of odd.entries()) registry.setMeta(ROOM, asUserId(user), tags[index] ?? '')
      const { count, metadata: found } = await registry.members(ROOM)
      expect(count).toBe(odd.length)
      expect(new Map(found)).toEqual(new Map(odd.map((user, index) => [user, [tags[index]]])))
    })
  })

  describe('a member list', () => {
    test('has only a count above its limit, and has metadata again below it', async () => {
      const users = usersUpTo(MEMBER_LIMIT + 1)
      for (const user of users) registry.setMeta(ROOM, user, 'here')
      expect(await lines()).toEqual([MEMBER_LIMIT + 1])
      expect(await registry.count(ROOM)).toBe(MEMBER_LIMIT + 1)
      registry.setMeta(ROOM, asUserId('user 0'), null)
      const { count, metadata } = await registry.members(ROOM)
      expect([count, metadata.size]).toEqual([MEMBER_LIMIT, MEMBER_LIMIT])
    })

    test('is the same reference for all watchers until it changes', async () => {
      registry.setMeta(ROOM, ANN, 'here')
      await watch()
      const [one, other] = await Promise.all([registry.members(ROOM), registry.members(ROOM)])
      expect(one).toBe(other)
      await settled()
      expect(await registry.members(ROOM)).toBe(one)
    })
  })

  describe('metadata of given users', () => {
    test('omits users without metadata', async () => {
      registry.setMeta(ROOM, ANN, 'here')
      registry.setMeta(OTHER_ROOM, BEN, 'there')
      const found = await registry.metadataOf(ROOM, [BEN, ANN, asUserId('nobody')])
      expect([...found]).toEqual([[ANN, ['here']]])
      expect((await registry.metadataOf(ROOM, [])).size).toBe(0)
    })

    test('covers thousands at once', async () => {
      const users = usersUpTo(5_000)
      for (const user of users) registry.setMeta(ROOM, user, `tag of ${user}`)
      const found = await registry.metadataOf(ROOM, users)
      expect(found.size).toBe(users.length)
      for (const user of users) expect(found.get(user)).toEqual([`tag of ${user}`])
    })
  })

  describe('watching a channel', () => {
    test('notifies the watchers of that channel alone', async () => {
      const { seen } = await watch()
      const other = await watch(OTHER_ROOM)
      registry.setMeta(ROOM, ANN, 'here')
      await vi.waitFor(() => expect(seen.map(linesOf)).toEqual([[1, 'ann: here']]))
      registry.setMeta(ROOM, ANN, null)
      await vi.waitFor(() => expect(seen.map(linesOf)).toEqual([[1, 'ann: here'], [0]]), { timeout: 5_000 })
      expect(other.seen).toEqual([])
    })

    test('notifies at most every half second, and always of the latest state', async () => {
      const { seen, times } = await watch()
      const end = performance.now() + 4 * NOTIFY_EVERY_MS
      let count = 0
      while (performance.now() < end) {
        count += 1
        registry.setMeta(ROOM, ANN, `tag ${count}`)
        await new Promise(setImmediate)
      }
      await vi.waitFor(() => expect(seen.map(linesOf).at(-1)).toEqual([1, `ann: tag ${count}`]), {
        timeout: 5_000,
      })
      expect(times.length).toBeLessThanOrEqual(7)
      // The channel is read every half second. A slow read shortens the gap after it, but not all gaps.
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      for (const gap of gaps) expect(gap).toBeGreaterThan(NOTIFY_EVERY_MS / 2)
      const meanGap = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
      expect(meanGap).toBeGreaterThan(NOTIFY_EVERY_MS - 100)
    })

    test('does not notify of unchanged metadata', async () => {
      registry.setMeta(ROOM, ANN, 'here')
      const { seen } = await watch()
      registry.setMeta(ROOM, ANN, 'here')
      registry.setMeta(ROOM, BEN, null)
      await settled()
      expect(seen).toEqual([])
    })

    test('notifies every watcher until it stops', async () => {
      const staying = await watch()
      const leaving = await watch()
      registry.setMeta(ROOM, ANN, 'here')
      await vi.waitFor(() => expect([staying.seen.length, leaving.seen.length]).toEqual([1, 1]))
      leaving.stop()
      leaving.stop()
      registry.setMeta(ROOM, BEN, 'here')
      await vi.waitFor(() => expect(staying.seen).toHaveLength(2), { timeout: 5_000 })
      expect(leaving.seen).toHaveLength(1)
    })

    test('can start again after the last watcher has stopped', async () => {
      const first = await watch()
      first.stop()
      registry.setMeta(ROOM, ANN, 'here')
      const { seen } = await watch()
      registry.setMeta(ROOM, BEN, 'here')
      await vi.waitFor(() => expect(seen.map(linesOf)).toContainEqual([2, 'ann: here', 'ben: here']), {
        timeout: 5_000,
      })
      expect(first.seen).toEqual([])
    })
  })

  test('can be closed twice', async () => {
    const { seen } = await watch()
    await registry.close()
    registry.setMeta(ROOM, ANN, 'here')
    await expect(registry.close()).resolves.toBeUndefined()
    expect(seen).toEqual([])
  })
})
