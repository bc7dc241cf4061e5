import { advance, type Offset } from '../kernel/position.ts'
import type { Item } from './reader.ts'

/** Of all topics of a node together. */
const MOST = 10_000
const MOST_OF_ONE = 256

/**
 * What bounds the recent items of all topics of a node: the oldest of all makes room for the newest. It knows whose they are
 * and holds none of them itself: what a topic forgets, or a topic that nobody reads any more, is gone.
 */
export class RecentItems {
  readonly #owners: (WeakRef<Recent> | undefined)[] = []
  #next = 0

  /** Of one topic. */
  ofTopic(): Recent {
    return new Recent((owner) => this.#take(owner))
  }

  /** A place for an item of `owner`. */
  #take(owner: WeakRef<Recent>): number {
    const place = this.#next
    this.#next = (place + 1) % MOST
    this.#owners[place]?.deref()?.forget(place)
    this.#owners[place] = owner
    return place
  }
}

/** A topic's last items, without a hole, for readers who are nearly there. */
export class Recent {
  readonly #takePlace: (owner: WeakRef<Recent>) => number
  readonly #self = new WeakRef(this)
  #items: Item[] = []
  /** That of each item among those of all topics. */
  #places: number[] = []

  constructor(takePlace: (owner: WeakRef<Recent>) => number) {
    this.#takePlace = takePlace
  }

  /** `items` follow those that were added before. */
  add(items: readonly Item[]): void {
    for (const item of items) {
      if (this.#items.length === MOST_OF_ONE) this.#shift()
      const place = this.#takePlace(this.#self)
      this.#items.push(item)
      this.#places.push(place)
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

  /** The item that has `place`, where it is still here: the oldest. */
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
