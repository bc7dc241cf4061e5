import type { Tracing } from '../../platform/tracing/tracing.ts'
import type { Bus } from '../../pubsub/bus.ts'
import type { History } from '../history/history.ts'
import type { Topic } from '../kernel/topic.ts'
import { isDatabaseUnavailable } from '../storage/faults.ts'
import { Feed, type FeedListener } from './feed.ts'
import type { HubMetrics } from './metrics.ts'
import type { ScopeCounters } from './scope-counters.ts'
import { type GroupSize, SharedTickers } from './shared.ts'
import type { Stream } from './stream.ts'
import type { StreamEvents } from './stream-events.ts'
import type { Ticker } from './ticker.ts'
import type { VisibilityWatch } from './visibility-watch.ts'

/** A topic without subscribers stays live for this long, for clients that reconnect. */
const IDLE_TIMEOUT_MS = 10_000

/** A topic that is live on this node. */
export interface LiveTopic {
  readonly feed: Feed
  /** Rejects if the database is unavailable or has no such topic. */
  readonly started: Promise<void>
  readonly events: StreamEvents
  readonly tickers: SharedTickers<Ticker>
  stream: Stream | undefined
  /** The visibility watch of the stream. */
  visibility: VisibilityWatch | undefined
  /** The counters of the scope in which the topic was last subscribed to. */
  counters: ScopeCounters
  /** Number of subscriptions, permission watches and listeners. Without any, the topic is idle. */
  holders: number
  idleTimer: NodeJS.Timeout | undefined
}

export interface LiveTopicsOptions {
  readonly history: History
  readonly bus: Bus
  readonly metrics: HubMetrics
  readonly unscoped: ScopeCounters
  readonly tracing: Tracing | undefined
  /** Called when the heads could not be compared although the database is available. */
  readonly onCheckFault: (error: unknown) => void
}

/** The topics that are live on this node: each from its first holder until its idle timeout. */
export class LiveTopics {
  readonly #options: LiveTopicsOptions
  readonly #live = new Map<Topic, LiveTopic>()
  #isChecking = false

  constructor(options: LiveTopicsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#live.size
  }

  get(topic: Topic): LiveTopic | undefined {
    return this.#live.get(topic)
  }

  /** Call `release` once for each call. `counters`: omit if nothing is delivered to a subscriber. */
  acquire(topic: Topic, counters?: ScopeCounters): LiveTopic {
    const known = this.#live.get(topic)
    if (known === undefined) return this.#add(topic, counters ?? this.#options.unscoped)
    clearTimeout(known.idleTimer)
    known.holders += 1
    if (counters !== undefined) known.counters = counters
    return known
  }

  release(topic: Topic, live: LiveTopic): void {
    live.holders -= 1
    if (live.holders > 0 || this.#live.get(topic) !== live) return
    live.idleTimer = setTimeout(() => this.#drop(topic, live), IDLE_TIMEOUT_MS)
    live.idleTimer.unref()
  }

  /** Adds `listener` to a topic from when the promise resolves until the returned function is called. */
  async follow(topic: Topic, listener: FeedListener): Promise<() => void> {
    const live = this.acquire(topic)
    await live.started
    live.feed.add(listener)
    return () => {
      live.feed.remove(listener)
      this.release(topic, live)
    }
  }

  /** Compares all heads with the database: a lost last entry leaves no gap to notice. */
  async check(): Promise<void> {
    if (this.#isChecking) return
    this.#isChecking = true
    try {
      const heads = await this.#options.history.heads([...this.#live.keys()])
      for (const [topic, { feed }] of this.#live) {
        void feed.listen()
        const head = heads.get(topic)
        if (head !== undefined) void feed.check(head)
      }
    } catch (error) {
      // An unavailable database is reported by /ready, and the next round retries.
      if (!isDatabaseUnavailable(error)) this.#options.onCheckFault(error)
    } finally {
      this.#isChecking = false
    }
  }

  *groups(): Iterable<GroupSize> {
    for (const { stream, tickers, counters } of this.#live.values()) {
      for (const size of stream?.groupSizes() ?? []) yield { counters, size }
      yield* tickers.groups()
    }
  }

  close(): void {
    for (const [topic, live] of this.#live) this.#drop(topic, live)
  }

  #add(topic: Topic, counters: ScopeCounters): LiveTopic {
    const { history, bus, metrics, tracing } = this.#options
    const feed = new Feed({ topic, history, bus, events: metrics.feedEvents, tracing })
    const live: LiveTopic = {
      feed,
      counters,
      started: feed.start(),
      events: metrics.streamEvents(() => live.counters),
      tickers: new SharedTickers(),
      stream: undefined,
      visibility: undefined,
      holders: 1,
      idleTimer: undefined,
    }
    this.#live.set(topic, live)
    live.started.catch(() => this.#drop(topic, live))
    return live
  }

  #drop(topic: Topic, live: LiveTopic): void {
    clearTimeout(live.idleTimer)
    live.feed.close()
    live.visibility?.close()
    live.tickers.close()
    if (this.#live.get(topic) === live) this.#live.delete(topic)
  }
}
