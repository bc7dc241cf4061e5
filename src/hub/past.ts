import { advance, type Offset } from '../kernel/position.ts'
import type { Item } from './reader.ts'

/** At most `limit` items after an offset, in order. Fewer than asked for: the head was reached. */
type Read = (after: Offset, limit: number) => Promise<readonly Item[]>

const PAGE = 500
const MAX_PAGES = 8
const KEPT_MS = 2_000

/**
 * A topic's history in pages: readers who catch up at about the same time, as all do when a node has died, share them.
 * Each page is read once, and each of its items rendered once a group.
 */
export class Past {
  readonly #read: Read
  readonly #pages = new Map<number, Promise<readonly Item[]>>()

  constructor(read: Read) {
    this.#read = read
  }

  /** Some of what follows `offset`, which was written by now; undefined where the history does not reach back so far. */
  async after(offset: Offset): Promise<readonly Item[] | undefined> {
    const number = Math.floor(offset / PAGE)
    for (;;) {
      const known = this.#pages.get(number)
      const page = known ?? this.#load(number)
      const items = (await page).filter((item) => item.offset > offset)
      if (items.length > 0) return items[0]?.offset === advance(offset) ? items : undefined
      if (known === undefined) return undefined
      // It was read before what follows was written.
      this.#forget(number, known)
    }
  }

  #load(number: number): Promise<readonly Item[]> {
    const page = this.#read((number * PAGE) as Offset, PAGE)
    this.#pages.set(number, page)
    const forget = (): void => this.#forget(number, page)
    page.catch(forget)
    setTimeout(forget, KEPT_MS).unref()
    const [oldest] = this.#pages.keys()
    if (this.#pages.size > MAX_PAGES && oldest !== undefined) this.#pages.delete(oldest)
    return page
  }

  #forget(number: number, page: Promise<readonly Item[]>): void {
    if (this.#pages.get(number) === page) this.#pages.delete(number)
  }
}
