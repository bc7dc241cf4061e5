import type { Subscriber } from './delivery.ts'
import type { ScopeCounters } from './scope-counters.ts'
import type { HistoryPlan, Plan } from './source.ts'

/** Serves any number of subscribers with the same results. */
interface Shareable {
  /** How many subscribers it has. */
  readonly size: number
  open(subscriber: Subscriber): () => void
  close(): void
}

export interface SharedTicker<Ticker> {
  readonly ticker: Ticker
  readonly counters: ScopeCounters
  /** Detaches the ticker from what it follows, after its last subscriber has left. */
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

  /** Opens `subscriber` on the ticker of `key`; the returned function ends that. */
  join(key: string, subscriber: Subscriber, create: () => SharedTicker<Ticker>): () => void {
    const shared = this.#shared.get(key) ?? this.#add(key, create())
    const leave = shared.ticker.open(subscriber)
    return () => {
      leave()
      // A ticker that failed has no subscribers any more, and is dropped with the first of them that leaves.
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

/** Equal for subscribers of one plan who get the same bytes at the same times. */
export function sharingKey({ everyMs }: Exclude<Plan, HistoryPlan>, { selection }: Subscriber): string {
  return `${everyMs} ${selection.key}`
}
