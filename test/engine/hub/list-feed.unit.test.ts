import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ListFeed, type ListListener } from '../../../src/engine/hub/list-feed.ts'
import type { ListSource, ListVersion } from '../../../src/engine/hub/source.ts'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'

const LOOK_MS = 500

/** A record with a list that the test writes, and how often it was looked at. */
function given() {
  const listed = new Map<string, ListVersion>()
  const looks = { versions: 0, read: [] as (readonly string[])[] }
  const faults: string[] = []
  let gate = Promise.resolve()
  let isAway = false
  let isCorrupt = false
  const source: ListSource = {
    async versions() {
      looks.versions += 1
      const found = new Map(listed)
      await gate
      if (isAway) throw new DatabaseUnavailable()
      if (isCorrupt) throw new Error('a row is corrupt')
      return found
    },
    async read(ids) {
      looks.read.push(ids)
      return ids.map((id) => ({ id, version: listed.get(id)?.version ?? 99, value: {} }))
    },
  }
  const feed = new ListFeed(source, (error) => faults.push(String(error)))
  const follow = (failsAt = '') => {
    const heard: string[] = []
    const listener: ListListener = {
      onItem({ id, version }) {
        if (id === failsAt) throw new Error(`no place for ${id}`)
        heard.push(`${id}${version}`)
      },
      onGone: (id) => heard.push(`${id} is gone`),
      onFault: (error) => heard.push(String(error)),
    }
    return { heard, leave: feed.follow(listener) }
  }
  return {
    ...{ feed, follow, looks, faults },
    list: (id: string, version: number, access = '') => void listed.set(id, { version, access }),
    unlist: (id: string) => void listed.delete(id),
    /** Looks wait until the returned function is called. */
    hold() {
      const held = Promise.withResolvers<void>()
      gate = held.promise
      return held.resolve
    },
    away(is: boolean) {
      isAway = is
    },
    corrupt(is: boolean) {
      isCorrupt = is
    },
  }
}

describe('the feed of a list', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  test('reports all items, then twice a second those that changed and those that are over', async () => {
    const { feed, follow, list, unlist, looks } = given()
    list('a', 1)
    list('b', 1)
    await feed.refresh()
    const { heard } = follow()
    expect(heard.splice(0)).toEqual(['a1', 'b1'])
    list('b', 2)
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    expect(heard.splice(0)).toEqual(['b2'])
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    unlist('a')
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    expect(heard).toEqual(['a99', 'a is gone'])
    expect(looks.read).toEqual([['a', 'b'], ['b'], ['a']])
  })

  test('reads an item again when others may see it', async () => {
    const { feed, follow, list, looks } = given()
    list('a', 1, 'all')
    list('b', 1, 'all')
    await feed.refresh()
    const { heard } = follow()
    list('a', 1, 'members')
    await vi.advanceTimersByTimeAsync(LOOK_MS * 2)
    expect(heard).toEqual(['a1', 'b1', 'a1'])
    expect(looks.read).toEqual([['a', 'b'], ['a']])
  })

  test('looks once for all who ask before a look begins, and again for who asks after', async () => {
    const { feed, list, looks, follow, hold } = given()
    const release = hold()
    const early = Array.from({ length: 10 }, () => feed.refresh())
    await vi.advanceTimersByTimeAsync(1)
    list('a', 1)
    const late = Array.from({ length: 10 }, () => feed.refresh())
    release()
    await Promise.all(early)
    expect(follow().heard).toEqual([])
    await Promise.all(late)
    expect(follow().heard).toEqual(['a1'])
    expect(looks.versions).toBe(2)
  })

  test('stops reading when nobody listens', async () => {
    const { feed, follow, looks } = given()
    await feed.refresh()
    const [one, other] = [follow(), follow()]
    one.leave()
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    expect(looks.versions).toBe(2)
    other.leave()
    await vi.advanceTimersByTimeAsync(LOOK_MS * 3)
    expect(looks.versions).toBe(2)
  })

  test('continues when the database is back, and rejects refreshes until then', async () => {
    const { feed, follow, list, away, faults } = given()
    await feed.refresh()
    const { heard } = follow()
    away(true)
    list('a', 1)
    await expect(feed.refresh()).rejects.toThrow('The database is not available')
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    expect(faults).toEqual(['DatabaseUnavailable: The database is not available.'])
    away(false)
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    expect(heard).toEqual(['a1'])
  })

  test('tells the others what one of them fails at, and that one of its fault', async () => {
    const { feed, follow, list } = given()
    const [failing, other] = [follow('b'), follow()]
    for (const id of ['a', 'b', 'c']) list(id, 1)
    await feed.refresh()
    expect(other.heard).toEqual(['a1', 'b1', 'c1'])
    expect(failing.heard).toEqual(['a1', 'Error: no place for b', 'c1'])
    failing.leave()
    other.leave()
  })

  test('reports to its listeners that the list cannot be read while the database is available', async () => {
    const { follow, list, corrupt, faults } = given()
    const { heard, leave } = follow()
    corrupt(true)
    list('a', 1)
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    expect(heard).toEqual(['Error: a row is corrupt'])
    expect(faults).toEqual(['Error: a row is corrupt'])
    leave()
  })

  test('sends every item again when the history was replaced, even if its version fell or stayed', async () => {
    const { feed, follow, list, unlist, looks } = given()
    list('a', 7)
    list('b', 3)
    list('c', 1)
    await feed.refresh()
    const { heard } = follow()
    heard.splice(0)
    list('a', 5)
    unlist('c')
    feed.onHistoryReplaced()
    await feed.refresh()

    const next = 2 ** 32
    expect(heard.sort()).toEqual([`a${next + 5}`, `b${next + 3}`, 'c is gone', `c${next + 99}`])
    await vi.advanceTimersByTimeAsync(LOOK_MS)
    expect(looks.read).toHaveLength(2)
  })
})
