import { useState } from 'react'

/** A page of older items. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Where the next page begins; null after the oldest item. */
  readonly cursor: string | null
}

/** What a live state holds of a history. */
export interface Held<Item> {
  readonly items: readonly Item[]
  /** By id, changes of items that `items` does not hold. */
  readonly changed: ReadonlyMap<string, Item>
  /** Names the snapshot that the live state began with. */
  readonly snapshot: string
}

export interface Older<Item> {
  /** Everything that is known, in the order of the live state. */
  readonly items: readonly Item[]
  /** Whether there may be older items. */
  readonly hasMore: boolean
  readonly isLoading: boolean
  /** Why the last page did not load; empty otherwise. */
  readonly problem: string
  readonly loadMore: () => void
}

interface Loaded<Item> {
  readonly held: Held<Item>
  readonly items: ReadonlyMap<string, Item>
  /** Null once the oldest item is loaded. */
  readonly cursor: string | null
}

/**
 * Extends the newest items of a live state with older pages, and applies later changes to them. After a reset, or if more items arrive at
 * once than the live state holds, drops the pages, which can be loaded again: a list with a gap is never shown.
 *
 * @param mayHaveMore whether older items may exist, before the first page is loaded
 * @param load loads a page that begins at a cursor; null: at the newest item
 * @param order the order of the live state
 */
export function useOlder<Item extends { readonly id: string }>(
  held: Held<Item>,
  mayHaveMore: boolean,
  load: (cursor: string | null) => Promise<Page<Item>>,
  order: (one: Item, other: Item) => number,
): Older<Item> {
  const [loaded, setLoaded] = useState<Loaded<Item> | null>(null)
  const [isLoading, setIsLoading] = useState(false)
  const [problem, setProblem] = useState('')
  const current = loaded === null || isOf(loaded, held) ? loaded : advance(loaded, held)
  if (current !== loaded) setLoaded(current)

  async function loadMore(): Promise<void> {
    const known = new Set([...(current?.items.keys() ?? []), ...held.items.map(({ id }) => id)])
    const started = current
    setIsLoading(true)
    setProblem('')
    try {
      const items: Item[] = []
      let cursor = current?.cursor ?? null
      do {
        const page = await load(cursor)
        items.push(...page.items.filter(({ id }) => !known.has(id)))
        cursor = page.cursor
      } while (items.length === 0 && cursor !== null)
      // The pages were dropped meanwhile: this one would leave a gap.
      setLoaded((latest) =>
        latest === null && started !== null ? null : add(latest ?? begin(held), items, cursor),
      )
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    } finally {
      setIsLoading(false)
    }
  }
  return {
    items: current === null ? held.items : [...current.items.values()].sort(order),
    hasMore: current === null ? mayHaveMore : current.cursor !== null,
    isLoading,
    problem,
    loadMore: () => void loadMore(),
  }
}

function isOf<Item>({ held: { items, changed, snapshot } }: Loaded<Item>, now: Held<Item>): boolean {
  return items === now.items && changed === now.changed && snapshot === now.snapshot
}

function begin<Item extends { readonly id: string }>(held: Held<Item>): Loaded<Item> {
  return { held, items: new Map(held.items.map((item) => [item.id, item])), cursor: null }
}

function add<Item extends { readonly id: string }>(
  { held, items }: Loaded<Item>,
  older: readonly Item[],
  cursor: string | null,
): Loaded<Item> {
  const all = new Map(items)
  for (const item of older) all.set(item.id, held.changed.get(item.id) ?? item)
  return { held, items: all, cursor }
}

/** Null if items may be missing between the newest known one and the oldest of the live state. */
function advance<Item extends { readonly id: string }>(
  { held: before, items, cursor }: Loaded<Item>,
  held: Held<Item>,
): Loaded<Item> | null {
  const isGap =
    held.items.length > 0 && before.items.length > 0 && !held.items.some(({ id }) => items.has(id))
  if (before.snapshot !== held.snapshot || isGap) return null
  const all = new Map(items)
  for (const item of held.items) all.set(item.id, item)
  for (const [id, item] of held.changed) if (all.has(id)) all.set(id, item)
  return { held, items: all, cursor }
}
