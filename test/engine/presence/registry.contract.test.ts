import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { createMemoryRegistry } from '../../../src/engine/presence/registry.memory.ts'
import { type Registry, ROLL_LIMIT, type Roll, TELL_EVERY_MS } from '../../../src/engine/presence/registry.ts'
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

  const lines = async (place = ROOM) => linesOf(await registry.roll(place))

  interface Followed {
    /** What it was each time that a change was told. */
    readonly seen: Roll[]
    /** When, in milliseconds. */
    readonly times: number[]
    stop(): void
  }

  async function follow(place = ROOM): Promise<Followed> {
    const seen: Roll[] = []
    const times: number[] = []
    const stop = registry.follow(place, () => {
      times.push(performance.now())
      void registry.roll(place).then((roll) => seen.push(roll))
    })
    onTestFinished(stop)
    await registry.roll(place)
    return { seen, times, stop }
  }

  /** Resolves when what followers are told of by now has been told. */
  async function settled(): Promise<void> {
    const { seen } = await follow(OTHER_ROOM)
    registry.tag(OTHER_ROOM, asUserId('settled'), String(performance.now()))
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), { timeout: 5_000 })
  }

  describe('tagging', () => {
    test('shows each user with the latest tag, counted once', async () => {
      registry.tag(ROOM, ANN, 'first')
      registry.tag(ROOM, BEN, 'there')
      registry.tag(ROOM, ANN, 'second')
      expect(await lines()).toEqual([2, 'ann: second', 'ben: there'])
      expect(await registry.count(ROOM)).toBe(2)
    })

    test('with null takes the tag away, also where there is none', async () => {
      registry.tag(ROOM, ANN, 'here')
      registry.tag(ROOM, BEN, 'here')
      expect(await registry.count(ROOM)).toBe(2)
      registry.tag(ROOM, ANN, null)
      registry.tag(ROOM, asUserId('nobody'), null)
      expect(await lines()).toEqual([1, 'ben: here'])
      registry.tag(ROOM, BEN, null)
      expect(await lines()).toEqual([0])
      expect(await registry.count(ROOM)).toBe(0)
    })

    test('concerns one place and no other', async () => {
      registry.tag(ROOM, ANN, 'here')
      registry.tag(OTHER_ROOM, ANN, 'there')
      registry.tag(OTHER_ROOM, BEN, 'there')
      expect(await lines()).toEqual([1, 'ann: here'])
      registry.tag(ROOM, ANN, null)
      expect(await lines(OTHER_ROOM)).toEqual([2, 'ann: there', 'ben: there'])
    })

    test('takes names and tags as they are', async () => {
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
      for (const [index, user] of odd.entries()) registry.tag(ROOM, asUserId(user), tags[index] ?? '')
      const { count, tags: found } = await registry.roll(ROOM)
      expect(count).toBe(odd.length)
      expect(new Map(found)).toEqual(new Map(odd.map((user, index) => [user, [tags[index]]])))
    })
  })

  describe('a roll', () => {
    test('has no tags but their count above its limit, and has them again below', async () => {
      const users = usersUpTo(ROLL_LIMIT + 1)
      for (const user of users) registry.tag(ROOM, user, 'here')
      expect(await lines()).toEqual([ROLL_LIMIT + 1])
      expect(await registry.count(ROOM)).toBe(ROLL_LIMIT + 1)
      registry.tag(ROOM, asUserId('user 0'), null)
      const { count, tags } = await registry.roll(ROOM)
      expect([count, tags.size]).toEqual([ROLL_LIMIT, ROLL_LIMIT])
    })

    test('is the same object to all followers while it is the same', async () => {
      registry.tag(ROOM, ANN, 'here')
      await follow()
      const [one, other] = await Promise.all([registry.roll(ROOM), registry.roll(ROOM)])
      expect(one).toBe(other)
      await settled()
      expect(await registry.roll(ROOM)).toBe(one)
    })
  })

  describe('asked about some users', () => {
    test('has the tags of those who have any', async () => {
      registry.tag(ROOM, ANN, 'here')
      registry.tag(OTHER_ROOM, BEN, 'there')
      const found = await registry.tagsOf(ROOM, [BEN, ANN, asUserId('nobody')])
      expect([...found]).toEqual([[ANN, ['here']]])
      expect((await registry.tagsOf(ROOM, [])).size).toBe(0)
    })

    test('knows thousands at once', async () => {
      const users = usersUpTo(5_000)
      for (const user of users) registry.tag(ROOM, user, `tag of ${user}`)
      const found = await registry.tagsOf(ROOM, users)
      expect(found.size).toBe(users.length)
      for (const user of users) expect(found.get(user)).toEqual([`tag of ${user}`])
    })
  })

  describe('following a place', () => {
    test('tells that it has changed, and nobody else', async () => {
      const { seen } = await follow()
      const other = await follow(OTHER_ROOM)
      registry.tag(ROOM, ANN, 'here')
      await vi.waitFor(() => expect(seen.map(linesOf)).toEqual([[1, 'ann: here']]))
      registry.tag(ROOM, ANN, null)
      await vi.waitFor(() => expect(seen.map(linesOf)).toEqual([[1, 'ann: here'], [0]]), { timeout: 5_000 })
      expect(other.seen).toEqual([])
    })

    test('tells at most every half second, and what it was last is told', async () => {
      const { seen, times } = await follow()
      const end = performance.now() + 4 * TELL_EVERY_MS
      let tags = 0
      while (performance.now() < end) {
        tags += 1
        registry.tag(ROOM, ANN, `tag ${tags}`)
        await new Promise(setImmediate)
      }
      await vi.waitFor(() => expect(seen.map(linesOf).at(-1)).toEqual([1, `ann: tag ${tags}`]), {
        timeout: 5_000,
      })
      expect(times.length).toBeLessThanOrEqual(7)
      // It is read every half second; a reading that took long lets the gap after it look short, not all of them.
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      for (const gap of gaps) expect(gap).toBeGreaterThan(TELL_EVERY_MS / 2)
      const meanGap = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
      expect(meanGap).toBeGreaterThan(TELL_EVERY_MS - 100)
    })

    test('tells nothing of a tag that says what it said before', async () => {
      registry.tag(ROOM, ANN, 'here')
      const { seen } = await follow()
      registry.tag(ROOM, ANN, 'here')
      registry.tag(ROOM, BEN, null)
      await settled()
      expect(seen).toEqual([])
    })

    test('tells every follower, until each has stopped', async () => {
      const staying = await follow()
      const leaving = await follow()
      registry.tag(ROOM, ANN, 'here')
      await vi.waitFor(() => expect([staying.seen.length, leaving.seen.length]).toEqual([1, 1]))
      leaving.stop()
      leaving.stop()
      registry.tag(ROOM, BEN, 'here')
      await vi.waitFor(() => expect(staying.seen).toHaveLength(2), { timeout: 5_000 })
      expect(leaving.seen).toHaveLength(1)
    })

    test('can begin again after the last follower has stopped', async () => {
      const first = await follow()
      first.stop()
      registry.tag(ROOM, ANN, 'here')
      const { seen } = await follow()
      registry.tag(ROOM, BEN, 'here')
      await vi.waitFor(() => expect(seen.map(linesOf)).toContainEqual([2, 'ann: here', 'ben: here']), {
        timeout: 5_000,
      })
      expect(first.seen).toEqual([])
    })
  })

  test('closes, and a second time without complaint', async () => {
    const { seen } = await follow()
    await registry.close()
    registry.tag(ROOM, ANN, 'here')
    await expect(registry.close()).resolves.toBeUndefined()
    expect(seen).toEqual([])
  })
})
