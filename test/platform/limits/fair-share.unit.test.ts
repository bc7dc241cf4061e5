import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { createFairShare } from '../../../src/platform/limits/fair-share.ts'

/** A share with a clock and passes of the event loop that the test drives, and work that takes as long as it says. */
function createLoop() {
  let nowMs = 0
  const passes: (() => void)[] = []
  const share = createFairShare<string>({
    nowMs: () => nowMs,
    nextPass: (begin) => void passes.push(begin),
  })
  const done: string[] = []
  return {
    share,
    done,
    takes: (name: string, ms: number) => () => {
      nowMs += ms
      done.push(name)
    },
    elapse(ms: number) {
      nowMs += ms
    },
    /** Begins the next pass; false where none is due. */
    pass(): boolean {
      const begin = passes.shift()
      begin?.()
      return begin !== undefined
    },
  }
}

describe('A share of the event loop', () => {
  test('lets a client work at once that has time left, and makes it wait afterwards', () => {
    const { share, done, takes, pass } = createLoop()
    const lane = share.lane(() => 'ann')
    for (const name of ['a', 'b', 'c']) lane.run(takes(name, 0.6))
    expect(done).toEqual(['a', 'b'])
    expect(lane.length).toBe(1)
    pass()
    expect(done).toEqual(['a', 'b', 'c'])
    expect(lane.length).toBe(0)
  })

  test('keeps the order of a lane, also of what comes while earlier work waits', () => {
    const { share, done, takes, pass } = createLoop()
    const lane = share.lane(() => 'ann')
    for (const name of ['a', 'b', 'c']) lane.run(takes(name, 1))
    pass()
    lane.run(takes('d', 0))
    while (pass());
    expect(done).toEqual(['a', 'b', 'c', 'd'])
  })

  test('lets another client work at once, however much the first has waiting', () => {
    const { share, done, takes, pass } = createLoop()
    const greedy = share.lane(() => 'greedy')
    for (let sent = 0; sent < 100; sent += 1) greedy.run(takes('greedy', 1))
    share.lane(() => 'ann').run(takes('ann', 0.1))
    expect(done).toEqual(['greedy', 'ann'])
    pass()
    share.lane(() => 'ann').run(takes('ann', 0.1))
    expect(done).toEqual(['greedy', 'ann', 'greedy', 'ann'])
  })

  test('counts all lanes of a client as one, and serves them alternately', () => {
    const { share, done, takes, pass } = createLoop()
    const one = share.lane(() => 'greedy')
    const two = share.lane(() => 'greedy')
    one.run(takes('one', 1))
    for (const lane of [one, two]) {
      for (let sent = 0; sent < 2; sent += 1) lane.run(takes(lane === one ? 'one' : 'two', 1))
    }
    expect(done).toEqual(['one'])
    while (pass());
    expect(done).toEqual(['one', 'one', 'two', 'one', 'two'])
  })

  test('lets a client pay back an item of two shares in two passes', () => {
    const { share, done, takes, pass } = createLoop()
    const lane = share.lane(() => 'greedy')
    lane.run(takes('two shares', 2))
    lane.run(takes('short', 0.1))
    pass()
    expect(done).toEqual(['two shares'])
    pass()
    expect(done).toEqual(['two shares', 'short'])
  })

  test('lets a client pay back a long item by elapsed time, however many passes there are', () => {
    const { share, done, takes, pass, elapse } = createLoop()
    const lane = share.lane(() => 'greedy')
    lane.run(takes('long', 10))
    lane.run(takes('short', 0.1))
    for (let passed = 0; passed < 100; passed += 1) {
      elapse(0.1)
      pass()
    }
    // 10 ms at half a millisecond per millisecond: 5 ms are left to pay back.
    expect(done).toEqual(['long'])
    for (let passed = 0; passed < 10; passed += 1) {
      elapse(1)
      pass()
    }
    expect(done).toEqual(['long', 'short'])
  })

  test('gives a client more time in a pass that takes long for other reasons', () => {
    const { share, done, takes, pass, elapse } = createLoop()
    const lane = share.lane(() => 'busy')
    for (let sent = 0; sent < 6; sent += 1) lane.run(takes('', 1))
    elapse(6)
    pass()
    // 3 ms, half of what the others took.
    expect(done).toHaveLength(4)
    elapse(100)
    pass()
    expect(done).toHaveLength(6)
  })

  test('bounds what waiting work of all clients may use in one pass, and serves the others first in the next', () => {
    const { share, done, takes, pass } = createLoop()
    const clients = Array.from({ length: 10 }, (_, number) => `c${number}`)
    const lanes = clients.map((client) => share.lane(() => client))
    for (const [number, lane] of lanes.entries()) {
      lane.run(takes('', 1))
      lane.run(takes(`c${number}`, 1))
    }
    done.length = 0
    pass()
    expect(done).toEqual(['c0', 'c1', 'c2', 'c3', 'c4'])
    pass()
    expect(done).toEqual(clients)
  })

  test('keeps nothing of clients for which nothing waits', () => {
    const { share, takes, pass } = createLoop()
    for (let client = 0; client < 50; client += 1) share.lane(() => `c${client}`).run(takes('', 0.1))
    expect(share.size).toBe(50)
    pass()
    expect(share.size).toBe(0)
    expect(pass()).toBe(false)
  })

  test('drops what waits in a lane that was cleared', () => {
    const { share, done, takes, pass } = createLoop()
    const lane = share.lane(() => 'ann')
    for (const name of ['a', 'b', 'c']) lane.run(takes(name, 1))
    lane.clear()
    expect(lane.length).toBe(0)
    while (pass());
    expect(done).toEqual(['a'])
    expect(share.size).toBe(0)
  })

  test('looks the client up again once nothing waits', () => {
    const { share, done, takes, pass } = createLoop()
    let client = 'visitor'
    const lane = share.lane(() => client)
    lane.run(takes('sign-in', 1))
    lane.run(takes('before', 1))
    client = 'ann'
    while (pass());
    lane.run(takes('after', 1))
    share.lane(() => 'visitor').run(takes('visitor', 1))
    expect(done).toEqual(['sign-in', 'before', 'after', 'visitor'])
  })

  test('runs waiting work in the context that it came in', () => {
    const { share, takes, pass } = createLoop()
    const scope = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    const lane = share.lane(() => 'ann')
    lane.run(takes('long', 1))
    scope.run('request', () => lane.run(() => void seen.push(scope.getStore())))
    while (pass());
    expect(seen).toEqual(['request'])
  })
})
