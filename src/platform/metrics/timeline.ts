import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { CommandMetrics } from '../../engine/commands/metrics.ts'
import type { Hub } from '../../engine/hub/hub.ts'
import type { Histogram } from '../../engine/kernel/histogram.ts'
import { formatInstant, type Instant } from '../../engine/kernel/instant.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { Readiness } from '../health/readiness.ts'

/** In milliseconds; null if nothing was measured. */
interface Quantiles {
  readonly p50: number | null
  readonly p99: number | null
}

/** Activity in one period. */
export interface Sample {
  /** End of the period. */
  readonly at: string
  readonly connections: number
  readonly subscriptions: number
  readonly groups: number
  readonly deliveriesPerSecond: number
  readonly commandsPerSecond: number
  /** From the commit of an entry until it is written to sockets. */
  readonly deliveryMs: Quantiles
  /** From the submission of a command to its answer. */
  readonly answerMs: Quantiles
  /** Event-loop delay: the 99th percentile of how late timers fired. */
  readonly loopDelayMs: number
  /** Time since the last probe returned by the bus, or since the bus became unavailable. */
  readonly probeAgeMs: number
  readonly isBusUp: boolean
  readonly isReady: boolean
}

/** Samples of a node's last quarter of an hour, for the operations page. */
export interface Timeline {
  readonly everyMs: number
  /** Oldest first. */
  samples(): readonly Sample[]
  stop(): void
}

export interface TimelineOptions {
  readonly transports: readonly { readonly connectionCount: number }[]
  readonly hub: Pick<Hub, 'stats'>
  readonly commands: CommandMetrics
  readonly bus: Pick<Bus, 'status'>
  readonly readiness: Pick<Readiness, 'problems'>
  readonly now: () => Instant
  readonly everyMs?: number
  readonly keep?: number
}

const EVERY_MS = 5_000
const KEEP = 180
const RESOLUTION_MS = 20

export function createTimeline({
  transports,
  hub,
  commands,
  bus,
  readiness,
  now,
  everyMs = EVERY_MS,
  keep = KEEP,
}: TimelineOptions): Timeline {
  const samples: Sample[] = []
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  loop.enable()
  const read = () => {
    const stats = hub.stats()
    const { accepted, rejected, forbidden, failed } = commands.ends
    return {
      at: now(),
      stats,
      commandCount: accepted + rejected + forbidden + failed,
      delivered: [...stats.latency.counts],
      answered: [...commands.latency.counts],
    }
  }
  let before = read()

  function take(): void {
    const after = read()
    const seconds = Math.max(1, after.at - before.at) / 1000
    const status = bus.status()
    samples.push({
      at: formatInstant(after.at),
      connections: transports.reduce((sum, { connectionCount }) => sum + connectionCount, 0),
      subscriptions: after.stats.subscribers,
      groups: after.stats.groups,
      deliveriesPerSecond: round((after.stats.deliveries - before.stats.deliveries) / seconds),
      commandsPerSecond: round((after.commandCount - before.commandCount) / seconds),
      deliveryMs: quantilesOf(after.stats.latency, before.delivered),
      answerMs: quantilesOf(commands.latency, before.answered),
      loopDelayMs: round(Math.max(0, loop.percentile(99) / 1e6 - RESOLUTION_MS)),
      probeAgeMs: Math.max(0, Date.now() - (status.kind === 'up' ? status.lastProbeAt : status.since)),
      isBusUp: status.kind === 'up',
      isReady: readiness.problems().length === 0,
    })
    if (samples.length > keep) samples.shift()
    loop.reset()
    before = after
  }

  const timer = setInterval(take, everyMs)
  timer.unref()
  return {
    everyMs,
    samples: () => samples,
    stop() {
      clearInterval(timer)
      loop.disable()
    },
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** Quantiles of the values added to a histogram (in seconds) since its counts were `before`. */
export function quantilesOf({ bounds, counts }: Histogram, before: readonly number[]): Quantiles {
  const added = counts.map((count, index) => count - (before[index] ?? 0))
  return { p50: quantileOf(bounds, added, 0.5), p99: quantileOf(bounds, added, 0.99) }
}

/** Interpolates linearly within a bucket, as Prometheus does; values above all bounds count as the last bound. */
function quantileOf(bounds: readonly number[], counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let left = share * total
  for (const [index, bound] of bounds.entries()) {
    const count = counts[index] ?? 0
    if (left <= count) {
      const least = bounds[index - 1] ?? 0
      return round(1000 * (least + (bound - least) * (left / count)))
    }
    left -= count
  }
  return round(1000 * (bounds.at(-1) ?? 0))
}
