import { advance, type Offset } from '../kernel/position.ts'
import type { Item } from './reader.ts'

/** Maximum number of items over all topics of a node. */
const MOST = 10_000
const MOST_OF_ONE = 256

/**
 * Bounds the recent items of all topics of a node: the oldest one overall is evicted for the newest. It only records the owner
 * of each slot and holds no items, so those that a topic forgets, or of a topic without readers, can be collected.
 */
export class RecentItems {
  readonly #owners: (WeakRef<Recent> | undefined)[] = []
  #next = 0

  /** Creates the recent items of one topic. */
  ofTopic(): Recent {
    return new Recent((owner) => this.#take(owner))
  }

  /** Reserves a slot for an item of `owner`. */
  #take(owner: WeakRef<Recent>): number {
    const place = this.#next
    this.#next = (place + 1) % MOST
    this.#owners[place]?.deref()?.forget(place)
    this.#owners[place] = owner
    return place
  }
}

/** A topic's last items, consecutive, for readers who have almost caught up. */
export class Recent {
  readonly #takePlace: (owner: WeakRef<Recent>) => number
  readonly #self = new WeakRef(this)
  #items: Item[] = []
  /** The slot of each item among those of all topics. */
  #places: number[] = []

  constructor(takePlace: (owner: WeakRef<Recent>) => number) {
    this.#takePlace = takePlace
  }

  /** `items` must continue those added before. */
  add(items: readonly Item[]): void {
    for (const item of items) {
      if (this.#items.length === MOST_OF_ONE) this.#shift()
      const place = this.#takePlace(this.#self)
      this.#items.push(item)
      this.#places.push(place)
    }
  }

  /** All items after `position`, at least one. Undefined if the next one was evicted or has not been added yet. */
  after(position: Offset): readonly Item[] | undefined {
    const [oldest] = this.#items
    const next = advance(position)
    if (oldest === undefined || oldest.offset > next) return undefined
    const items = this.#items.slice(next - oldest.offset)
    return items.length === 0 ? undefined : items
  }

  /** Evicts the item in slot `place`, which is the oldest, if it is still held. */
  forget(place: number): void {
    if (this.#places[0] === place) this.#shift()
  }

  clear(): void {
    this.#items = []
    this.#places = []
  }

  #shift(): void {
    this.#items.shift()
    this.#places.shift()
  }
}
