import type { GraphQLError } from 'graphql'
import { createHistogram, type Histogram } from '../kernel/histogram.ts'
import { UnreadableEntry } from '../kernel/unreadable-entry.ts'
import type { FeedEvents } from './feed.ts'
import type { ResetReason } from './resume.ts'
import type { ScopeCounters } from './scope-counters.ts'
import type { StreamEvents } from './stream-events.ts'

/** Work done for readers since the start. */
export interface Totals {
  /** Selections executed: one per group and entry, one per group and shared snapshot. */
  readonly executions: number
  /** Payloads handed to connections. */
  readonly deliveries: number
  /** Gaps closed by reading the history. */
  readonly gapsRepaired: number
  /** Readers who began with a replay, and readers who had to start over. */
  readonly replays: number
  readonly resets: Readonly<Record<ResetReason, number>>
  /** Attempts to present an entry that this node can't present. */
  readonly unreadableEntries: number
  /** Events at which a listener threw. */
  readonly listenerFaults: number
  /**
   * Seconds from the time of an entry's transaction until it was sent to all live readers: one value per entry,
   * however many they are, or one per group if its rendering is asynchronous. By the clocks of the database and this node.
   */
  readonly latency: Histogram
}

/** Reports of the hub in addition to metrics. */
export interface HubListeners extends FeedEvents, Pick<StreamEvents, 'onReset'> {
  /** Reports a fault of the server that ends a subscriber. Returns the masked error. */
  mask(error: unknown): GraphQLError
}

export interface HubMetrics {
  readonly feedEvents: FeedEvents
  /** Deliveries also count for the scope whose counters `countersOf` returns at that time. */
  streamEvents(countersOf: () => ScopeCounters): StreamEvents
  totals(): Totals
}

const LATENCY_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Counts by adding to integers: deliveries are too frequent for more. */
export function createHubMetrics(listeners: HubListeners): HubMetrics {
  const latency = createHistogram(LATENCY_BOUNDS_S)
  const resets: Record<ResetReason, number> = { epoch: 0, trimmed: 0, ahead: 0, discontinuity: 0, rights: 0 }
  let executions = 0
  let deliveries = 0
  let gapsRepaired = 0
  let replays = 0
  let unreadableEntries = 0
  let listenerFaults = 0

  const shared: Omit<StreamEvents, 'onDelivery'> = {
    onExecution() {
      executions += 1
    },
    onLive(committedAt) {
      latency.add(Math.max(0, Date.now() - committedAt) / 1000)
    },
    onReplay() {
      replays += 1
    },
    onReset(reason) {
      resets[reason] += 1
      listeners.onReset(reason)
    },
    onFault(error) {
      if (error instanceof UnreadableEntry) unreadableEntries += 1
      return listeners.mask(error)
    },
  }

  return {
    feedEvents: {
      beforeDelivery: () => listeners.beforeDelivery(),
      onGapRepaired(topic, count) {
        gapsRepaired += 1
        listeners.onGapRepaired(topic, count)
      },
      onFault: (topic, error) => listeners.onFault(topic, error),
      onListenerFault(topic, error) {
        listenerFaults += 1
        listeners.onListenerFault(topic, error)
      },
    },

    streamEvents: (countersOf) => ({
      ...shared,
      onDelivery(count) {
        deliveries += count
        countersOf().deliveries += count
      },
    }),

    totals: () => ({
      ...{ executions, deliveries, gapsRepaired, replays, resets: { ...resets }, latency },
      ...{ unreadableEntries, listenerFaults },
    }),
  }
}
