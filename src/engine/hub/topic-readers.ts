import type { Tracing } from '../../platform/tracing/tracing.ts'
import type { History } from '../history/history.ts'
import type { Subscriber } from './delivery.ts'
import { RecentItems } from './recent.ts'
import { sharingKey } from './shared.ts'
import type { HistoryPlan, LatestPlan } from './source.ts'
import { Stream } from './stream.ts'
import { Ticker } from './ticker.ts'
import { createTimeSlices } from './time-slices.ts'
import type { LiveTopic, LiveTopics } from './topics.ts'
import { VisibilityWatch } from './visibility-watch.ts'

export interface TopicReadersOptions {
  readonly history: History
  readonly topics: LiveTopics
  readonly tracing: Tracing | undefined
}

/** Serves the plans of a topic: its whole history, or its latest state only. */
export class TopicReaders {
  readonly #options: TopicReadersOptions
  readonly #slices = createTimeSlices()
  readonly #recent = new RecentItems()

  constructor(options: TopicReadersOptions) {
    this.#options = options
  }

  /** `connection`: the same object for all subscriptions of one client connection. */
  async openHistory(
    plan: HistoryPlan,
    live: LiveTopic,
    subscriber: Subscriber,
    connection: object,
  ): Promise<() => void> {
    await live.started
    live.stream ??= this.#addStream(plan, live)
    const { stream } = live
    await live.visibility?.ready()
    const { part, after, startsOver } = plan
    return stream.open({ subscriber, connection, part }, { after, startsOver })
  }

  async openLatest(plan: LatestPlan, live: LiveTopic, subscriber: Subscriber): Promise<() => void> {
    await live.started
    const { feed, events, counters, tickers } = live
    return tickers.join(sharingKey(plan, subscriber), subscriber, () => {
      const ticker = new Ticker(plan, subscriber.selection, events)
      feed.add(ticker)
      return { counters, ticker, detach: () => feed.remove(ticker) }
    })
  }

  #addStream({ topic, source }: HistoryPlan, live: LiveTopic): Stream {
    const { history, tracing, topics } = this.#options
    const { feed, events } = live
    const slices = this.#slices
    const stream = new Stream({
      ...{ topic, source, feed, history, events, slices, tracing },
      recent: this.#recent.ofTopic(),
    })
    feed.add(stream)
    if (source.visibility !== undefined) {
      live.visibility = new VisibilityWatch({
        ...{ topic, visibility: source.visibility },
        follow: (followed, listener) => topics.follow(followed, listener),
        onChange: (isConcerned) => stream.restart(isConcerned),
      })
      stream.watchVisibility(live.visibility)
    }
    return stream
  }
}
