import { describe, expect, test } from 'vitest'
import { type BeforeAttack, faultsOfAttacks, type UnderAttack } from './attack-stats.ts'
import { type Latencies, latencyOf } from './latency.ts'
import type { Work } from './work.ts'

const MEGABYTE = 2 ** 20
const BOUNDS = { latency: 3, floorMs: 0, resident: 2 }
const IDLE: Work = { cpuMs: 20, transactions: 10, connections: 2, subscriptions: 2, waiting: 0 }

function latencies(ms: number, isAnswered = true): Latencies {
  const each = latencyOf([{ ms, isAnswered }])
  return { echo: each, read: each, message: each }
}

const BEFORE: BeforeAttack = {
  ...{ baseline: latencies(10), residentBefore: 100 * MEGABYTE, idle: IDLE, usedBefore: 50 * MEGABYTE },
}

function faultsUnder(change: Partial<UnderAttack>, usedAfter = BEFORE.usedBefore): readonly string[] {
  const sound = {
    name: 'an attack',
    sent: 1,
    latencies: latencies(30),
    peakBytes: 200 * MEGABYTE,
    notReady: 0,
  }
  return faultsOfAttacks(BEFORE, [{ ...sound, work: IDLE, ...change }], usedAfter, BOUNDS)
}

describe('A node under attack', () => {
  test('is right within its bounds', () => {
    expect(faultsUnder({})).toEqual([])
  })

  test('is wrong where honest clients wait longer, or fail', () => {
    expect(faultsUnder({ latencies: latencies(31) })).toHaveLength(3)
    expect(faultsUnder({ latencies: latencies(10, false) })).toContain(
      '1 of 1 honest messages failed under an attack.',
    )
  })

  test('is wrong where its memory grows, for a while or for good', () => {
    expect(faultsUnder({ peakBytes: 201 * MEGABYTE })).toHaveLength(1)
    expect(faultsUnder({}, 81 * MEGABYTE)).toEqual(['Memory in use rose from 50 MB to 81 MB for good.'])
  })

  test('is wrong where it goes out of service', () => {
    expect(faultsUnder({ notReady: 1 })).toHaveLength(1)
  })

  test.each<[string, Partial<Work>]>([
    ['computes', { cpuMs: 191 }],
    ['asks the database', { transactions: 41 }],
    ['waits for the database', { waiting: 1 }],
    ['holds a connection', { connections: 3 }],
    ['holds a subscription', { subscriptions: 3 }],
  ])('is wrong where it still %s for a client that has gone', (_what, work) => {
    expect(faultsUnder({ work: { ...IDLE, ...work } })).toHaveLength(1)
  })
})
