import { createHistogram, type Histogram, type MutableHistogram } from '../kernel/histogram.ts'

/** The outcome of a command. `failed`: by a fault or a timeout; `overloaded`: refused at once. */
export type CommandEnd = 'accepted' | 'rejected' | 'forbidden' | 'failed' | 'overloaded'

/** Outcomes of commands since the start. */
export interface CommandMetrics {
  readonly ends: Readonly<Record<CommandEnd, number>>
  /** Commands per transaction. */
  readonly batchSizes: Histogram
  /** Seconds from submission to outcome, without commands that were refused at once. */
  readonly latency: Histogram
}

/** Metrics that the queues update. */
export interface CommandCounters extends CommandMetrics {
  readonly ends: Record<CommandEnd, number>
  readonly batchSizes: MutableHistogram
  readonly latency: MutableHistogram
}

const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256]
const LATENCY_BOUNDS_S = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createCommandCounters(): CommandCounters {
  return {
    ends: { accepted: 0, rejected: 0, forbidden: 0, failed: 0, overloaded: 0 },
    batchSizes: createHistogram(BATCH_SIZES),
    latency: createHistogram(LATENCY_BOUNDS_S),
  }
}
