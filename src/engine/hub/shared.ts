import type { Subscriber } from './delivery.ts'
import type { ScopeCounters } from './scope-counters.ts'
import type { HistoryPlan, Plan } from './source.ts'

/** Serves any number of subscribers with the same results. */
interface Shareable {
  /** Number of subscribers. */
  readonly size: number
  open(subscriber: Subscriber): () => void
  close(): void
}

export interface SharedTicker<Ticker> {
  readonly ticker: Ticker
  readonly counters: ScopeCounters
  /** Detaches the ticker from its source after its last subscriber has left. */
  readonly detach?: () => void
}

/** Subscribers that share one execution, and the scope that they are counted in. */
export interface GroupSize {
  readonly counters: ScopeCounters
  readonly size: number
}

/** Tickers by key: created for the first subscriber of a key, dropped after its last has left. */
export class SharedTickers<Ticker extends Shareable> {
  readonly #shared = new Map<string, SharedTicker<Ticker>>()

  /** Adds `subscriber` to the ticker of `key`. The returned function removes it. */
  join(key: string, subscriber: Subscriber, create: () => SharedTicker<Ticker>): () => void {
    const shared = this.#shared.get(key) ?? this.#add(key, create())
    const leave = shared.ticker.open(subscriber)
    return () => {
      leave()
      // A failed ticker has no subscribers left and is dropped when the first of them leaves.
      if (shared.ticker.size === 0) this.#drop(key, shared)
    }
  }

  *groups(): Iterable<GroupSize> {
    for (const { ticker, counters } of this.#shared.values()) yield { counters, size: ticker.size }
  }

  close(): void {
    for (const [key, shared] of this.#shared) this.#drop(key, shared)
  }

  #add(key: string, shared: SharedTicker<Ticker>): SharedTicker<Ticker> {
    this.#shared.set(key, shared)
    return shared
  }

  #drop(key: string, shared: SharedTicker<Ticker>): void {
    if (this.#shared.get(key) !== shared) return
    this.#shared.delete(key)
    shared.detach?.()
    shared.ticker.close()
  }
}

/** Equal for subscribers of one plan who receive the same bytes at the same times. */
export function sharingKey({ everyMs }: Exclude<Plan, HistoryPlan>, { selection }: Subscriber): string {
  return `${everyMs} ${selection.key}`
}
