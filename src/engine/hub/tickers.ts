import type { Subscriber } from './delivery.ts'
import { ListFeed } from './list-feed.ts'
import { ListTicker } from './list-ticker.ts'
import type { HubMetrics } from './metrics.ts'
import type { ScopeCounters } from './scope-counters.ts'
import { type GroupSize, SharedTickers, sharingKey } from './shared.ts'
import type { CurrentPlan, ListPlan, ListSource, PulsePlan } from './source.ts'
import { Ticker } from './ticker.ts'

export interface TickersOptions {
  readonly metrics: HubMetrics
  /** Called when a read of a list failed; the next one retries. */
  readonly onListFault: (error: unknown) => void
}

/** A list that is watched on this node, with its tickers. */
interface LiveList {
  readonly feed: ListFeed
  readonly tickers: SharedTickers<ListTicker>
}

/** Serves the plans without a topic: pulses, current values and lists. */
export class Tickers {
  readonly #metrics: HubMetrics
  readonly #onListFault: (error: unknown) => void
  readonly #tickers = new SharedTickers<Ticker>()
  readonly #lists = new Map<ListSource, LiveList>()

  constructor({ metrics, onListFault }: TickersOptions) {
    this.#metrics = metrics
    this.#onListFault = onListFault
  }

  openPulse(plan: PulsePlan, subscriber: Subscriber, counters: ScopeCounters): () => void {
    return this.#tickers.join(`pulse ${sharingKey(plan, subscriber)}`, subscriber, () => {
      return { counters, ticker: this.#tickerFor(plan, subscriber, counters) }
    })
  }

  openCurrent(plan: CurrentPlan, subscriber: Subscriber, counters: ScopeCounters): () => void {
    return this.#tickers.join(`current ${sharingKey(plan, subscriber)}`, subscriber, () => {
      const ticker = this.#tickerFor(plan, subscriber, counters)
      return { counters, ticker, detach: plan.subject.watch(() => ticker.onChange()) }
    })
  }

  async openList(plan: ListPlan, subscriber: Subscriber, counters: ScopeCounters): Promise<() => void> {
    const { feed, tickers } = this.#lists.get(plan.source) ?? this.#addList(plan.source)
    // The audience of items may have changed since the last read.
    await feed.refresh()
    return tickers.join(sharingKey(plan, subscriber), subscriber, () => {
      const events = this.#metrics.streamEvents(() => counters)
      const ticker = new ListTicker(plan, subscriber.selection, events)
      return { counters, ticker, detach: feed.follow(ticker) }
    })
  }

  onHistoryReplaced(): void {
    for (const { feed } of this.#lists.values()) feed.onHistoryReplaced()
  }

  *groups(): Iterable<GroupSize> {
    yield* this.#tickers.groups()
    for (const { tickers } of this.#lists.values()) yield* tickers.groups()
  }

  close(): void {
    this.#tickers.close()
    for (const { feed, tickers } of this.#lists.values()) {
      feed.close()
      tickers.close()
    }
  }

  #tickerFor(plan: PulsePlan | CurrentPlan, { selection }: Subscriber, counters: ScopeCounters): Ticker {
    return new Ticker(
      plan,
      selection,
      this.#metrics.streamEvents(() => counters),
    )
  }

  /** A list stays cached without readers, so that the next reader only reads the changes. */
  #addList(source: ListSource): LiveList {
    const list: LiveList = { feed: new ListFeed(source, this.#onListFault), tickers: new SharedTickers() }
    this.#lists.set(source, list)
    return list
  }
}
