import { advance, asOffset, type Offset } from '../kernel/position.ts'
import type { Presented } from './presenter.ts'
import type { Item } from './reader.ts'

/** At most `limit` entries after an offset, presented, in order. */
type Read = (after: Offset, limit: number) => Promise<Presented>

const PAGE = 500
const MAX_PAGES = 8
const CACHED_MS = 2_000

/**
 * A topic's history in pages. Readers who catch up at about the same time, as all do after a node has died, share them.
 * Each page is read once, and each of its items rendered once per group.
 */
export class HistoryPages {
  readonly #read: Read
  /** Pages by the offset that they follow. */
  readonly #pages = new Map<Offset, Promise<Presented>>()

  constructor(read: Read) {
    this.#read = read
  }

  /**
   * Some consecutive entries after `offset`, which must already be written. Undefined if the history does not reach back
   * that far. Throws UnreadableEntry if the very next entry can't be presented.
   */
  async after(offset: Offset): Promise<readonly Item[] | undefined> {
    let start = startOfPage(offset)
    for (;;) {
      const known = this.#pages.get(start)
      const page = known ?? this.#load(start)
      const { items, fault } = await page
      const next = consecutiveAfter(offset, items)
      if (next.length > 0) return next
      if (fault?.offset === advance(offset)) throw fault
      // A reader whose snapshot includes the unreadable entry needs the entries after it, which the page does not hold.
      if (fault !== undefined && fault.offset <= offset && start !== offset) start = offset
      else if (known === undefined) return undefined
      // The page was read before the following entries were written.
      else this.#forget(start, known)
    }
  }

  #load(start: Offset): Promise<Presented> {
    const page = this.#read(start, PAGE)
    this.#pages.set(start, page)
    const forget = (): void => this.#forget(start, page)
    page.catch(forget)
    setTimeout(forget, CACHED_MS).unref()
    const [oldest] = this.#pages.keys()
    if (this.#pages.size > MAX_PAGES && oldest !== undefined) this.#pages.delete(oldest)
    return page
  }

  #forget(start: Offset, page: Promise<Presented>): void {
    if (this.#pages.get(start) === page) this.#pages.delete(start)
  }
}

function startOfPage(offset: Offset): Offset {
  return asOffset(Math.floor(offset / PAGE) * PAGE)
}

/** The longest run of `items` that continues `offset`. */
function consecutiveAfter(offset: Offset, items: readonly Item[]): readonly Item[] {
  const later = items.filter((item) => item.offset > offset)
  const hole = later.findIndex((item, index) => item.offset !== advance(offset, index + 1))
  return hole < 0 ? later : later.slice(0, hole)
}
