import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCommandCounters } from '../../../src/engine/commands/metrics.ts'
import { createHistogram } from '../../../src/engine/kernel/histogram.ts'
import { type Instant, instant } from '../../../src/engine/kernel/instant.ts'
import { createTimeline, quantilesOf } from '../../../src/platform/metrics/timeline.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const now = (): Instant => instant(Date.now())

/** A node that a test makes do things. */
function given(keep?: number) {
  const commands = createCommandCounters()
  const latency = createHistogram([0.01, 0.1, 1])
  const counted = { subscribers: 3, groups: 2, deliveries: 0 }
  const problems: { part: 'database'; since: Instant; message: string }[] = []
  const timeline = createTimeline({
    transports: [{ connectionCount: 4 }, { connectionCount: 1 }],
    // The hub stats that are read.
    hub: { stats: () => ({ ...counted, latency }) as never },
    commands,
    bus: { status: () => ({ kind: 'up', lastProbeAt: instant(Date.now() - 700) }) },
    readiness: { problems: () => problems },
    now,
    ...(keep === undefined ? {} : { keep }),
  })
  return { timeline, commands, latency, counted, problems }
}

describe('The timeline of a node', () => {
  test('has a sample of the activity every five seconds', () => {
    const { timeline, commands, latency, counted } = given()
    expect(timeline.samples()).toEqual([])
    counted.deliveries = 500
    commands.ends.accepted = 9
    commands.ends.rejected = 1
    latency.add(0.005)
    vi.advanceTimersByTime(5_000)

    expect(timeline.samples()).toEqual([
      expect.objectContaining({
        at: new Date().toISOString(),
        connections: 5,
        subscriptions: 3,
        groups: 2,
        deliveriesPerSecond: 100,
        commandsPerSecond: 2,
        deliveryMs: { p50: 5, p99: 9.9 },
        answerMs: { p50: null, p99: null },
        probeAgeMs: 700,
        isBusUp: true,
        isReady: true,
      }),
    ])
    vi.advanceTimersByTime(5_000)
    expect(timeline.samples()[1]).toMatchObject({
      deliveriesPerSecond: 0,
      commandsPerSecond: 0,
      deliveryMs: { p50: null, p99: null },
    })
    timeline.stop()
  })

  test('says when the node was not ready', () => {
    const { timeline, problems } = given()
    problems.push({ part: 'database', since: now(), message: 'away' })
    vi.advanceTimersByTime(5_000)
    expect(timeline.samples()[0]?.isReady).toBe(false)
    timeline.stop()
  })

  test('keeps a quarter of an hour, and forgets what is older', () => {
    const { timeline } = given()
    vi.advanceTimersByTime(20 * 60_000)
    const samples = timeline.samples()
    expect(samples).toHaveLength(180)
    expect(Date.now() - Date.parse(samples[0]?.at ?? '')).toBe(179 * 5_000)
    timeline.stop()
  })
})

describe('The quantiles of what was added to a histogram', () => {
  const counts = (...values: readonly number[]) => {
    const histogram = createHistogram([0.01, 0.1, 1])
    for (const value of values) histogram.add(value)
    return histogram
  }

  test('lie between the bounds in which values fell', () => {
    const values = Array.from({ length: 100 }, (_, index) => (index < 90 ? 0.005 : 0.05))
    expect(quantilesOf(counts(...values), [0, 0, 0, 0])).toEqual({ p50: 5.6, p99: 91 })
  })

  test('leave out what was there before', () => {
    expect(quantilesOf(counts(0.005, 0.5), [1, 0, 0, 0]).p50).toBe(550)
  })

  test('of values above all bounds are the last bound', () => {
    expect(quantilesOf(counts(30), [0, 0, 0, 0])).toEqual({ p50: 1_000, p99: 1_000 })
  })
})
