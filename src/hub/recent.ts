import { advance, type Offset } from '../kernel/position.ts'
import type { Item } from './reader.ts'

/** Of all topics of a node together. */
const MOST = 10_000
const MOST_OF_ONE = 256

/** What bounds the recent items of all topics of a node: the oldest of all makes room for the newest. */
export class RecentItems {
  readonly #items: Item[] = []
  readonly #owners: Recent[] = []
  #next = 0

  /** Of one topic. */
  ofTopic(): Recent {
    return new Recent((owner, item) => this.#add(owner, item))
  }

  #add(owner: Recent, item: Item): void {
    const [oldest, its] = [this.#items[this.#next], this.#owners[this.#next]]
    if (oldest !== undefined) its?.forget(oldest)
    this.#items[this.#next] = item
    this.#owners[this.#next] = owner
    this.#next = (this.#next + 1) % MOST
  }
}

/** A topic's last items, without a hole, for readers who are nearly there. */
export class Recent {
  readonly #onAdded: (owner: Recent, item: Item) => void
  #items: Item[] = []

  constructor(onAdded: (owner: Recent, item: Item) => void) {
    this.#onAdded = onAdded
  }

  /** `items` follow those that were added before. */
  add(items: readonly Item[]): void {
    for (const item of items) {
      if (this.#items.length === MOST_OF_ONE) this.#items.shift()
      this.#items.push(item)
      this.#onAdded(this, item)
    }
  }

  /** All after `position`, at least one; undefined where the next is no longer here, or not yet. */
  after(position: Offset): readonly Item[] | undefined {
    const [oldest] = this.#items
    const next = advance(position)
    if (oldest === undefined || oldest.offset > next) return undefined
    const items = this.#items.slice(next - oldest.offset)
    return items.length === 0 ? undefined : items
  }

  /** `item`, where it is here: the oldest of all. */
  forget(item: Item): void {
    if (this.#items[0] === item) this.#items.shift()
  }

  clear(): void {
    this.#items = []
  }
}
