import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Heartbeat, type Peer } from '../../src/transport/ws/heartbeat.ts'

const EVERY_MS = 12_500

class Someone implements Peer {
  isAlive = false
  pings = 0
  isCut = false
  readonly #answers: boolean

  constructor(answers: boolean) {
    this.#answers = answers
  }

  ping(): void {
    this.pings += 1
    this.isAlive = this.#answers
  }

  terminate(): void {
    this.isCut = true
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('pings each peer once per round, and few at once, even if they connected together', () => {
  const heartbeat = new Heartbeat(EVERY_MS)
  const peers = Array.from({ length: 1_000 }, () => new Someone(true))
  for (const peer of peers) heartbeat.follow(peer)
  let asked = 0
  for (let passed = 0; passed < EVERY_MS; passed += 100) {
    vi.advanceTimersByTime(100)
    const now = peers.reduce((sum, { pings }) => sum + pings, 0)
    expect(now - asked).toBe(8)
    asked = now
  }
  expect(peers.every(({ pings, isCut }) => pings === 1 && !isCut)).toBe(true)
  vi.advanceTimersByTime(EVERY_MS)
  expect(peers.every(({ pings, isCut }) => pings === 2 && !isCut)).toBe(true)
  heartbeat.close()
})

test('terminates a peer that does not answer by the next round, once', () => {
  const heartbeat = new Heartbeat(EVERY_MS)
  const [lively, dead] = [new Someone(true), new Someone(false)]
  for (const peer of [lively, dead]) heartbeat.follow(peer)
  vi.advanceTimersByTime(EVERY_MS)
  expect([dead.isCut, lively.isCut]).toEqual([false, false])
  vi.advanceTimersByTime(EVERY_MS)
  expect([dead.isCut, lively.isCut]).toEqual([true, false])
  dead.isCut = false
  vi.advanceTimersByTime(3 * EVERY_MS)
  expect([dead.isCut, dead.pings]).toEqual([false, 1])
  heartbeat.close()
})

test('accepts any message as a sign of life', () => {
  const heartbeat = new Heartbeat(EVERY_MS)
  const peer = new Someone(false)
  heartbeat.follow(peer)
  for (let round = 0; round < 5; round += 1) {
    vi.advanceTimersByTime(EVERY_MS)
    peer.isAlive = true
  }
  expect(peer.isCut).toBe(false)
  heartbeat.close()
})

test('does not ping peers that have left', () => {
  const heartbeat = new Heartbeat(EVERY_MS)
  const peer = new Someone(true)
  heartbeat.follow(peer)()
  vi.advanceTimersByTime(2 * EVERY_MS)
  expect(peer.pings).toBe(0)
  heartbeat.close()
})
