import type { ListItem, ListSource } from './source.ts'

/** Who follows a list. Calls are synchronous and must not throw. */
export interface ListListener {
  /** The item is new, or newer than what was heard of it. */
  onItem(item: ListItem): void
  /** The item is over, and its last state was heard. */
  onGone(id: string): void
  /** The list could not be read at first. */
  onFault(error: unknown): void
}

const LOOK_EVERY_MS = 500

/**
 * The things of one kind that are not over, as this node knows them: one look at the record twice a second for all
 * who follow any part of the list, and none while nobody does. It needs no bus, so none can make it miss anything.
 */
export class ListFeed {
  readonly #source: ListSource
  readonly #onFault: (error: unknown) => void
  readonly #listeners = new Set<ListListener>()
  #items = new Map<string, ListItem>()
  #first: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  /** `onFault`: a later look failed; the next one tries again. */
  constructor(source: ListSource, onFault: (error: unknown) => void) {
    this.#source = source
    this.#onFault = onFault
  }

  /** Tells `listener` of every item there is, soon, and then of changes, until the returned function is called. */
  follow(listener: ListListener): () => void {
    this.#first ??= this.#look()
    this.#first.then(
      () => {
        for (const item of this.#items.values()) listener.onItem(item)
        this.#listeners.add(listener)
        this.#schedule()
      },
      (error: unknown) => {
        this.#first = undefined
        listener.onFault(error)
      },
    )
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.close()
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#first = undefined
    this.#items = new Map()
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#listeners.size === 0) return
    this.#timer = setTimeout(() => {
      this.#look()
        .catch((error: unknown) => this.#onFault(error))
        .finally(() => {
          this.#timer = undefined
          this.#schedule()
        })
    }, LOOK_EVERY_MS)
  }

  async #look(): Promise<void> {
    const versions = await this.#source.versions()
    const over = [...this.#items.keys()].filter((id) => !versions.has(id))
    const changed = [...versions].filter(([id, version]) => version !== this.#items.get(id)?.version)
    const ids = [...changed.map(([id]) => id), ...over]
    if (ids.length === 0) return
    for (const item of await this.#source.read(ids)) {
      this.#items.set(item.id, item)
      for (const listener of this.#listeners) listener.onItem(item)
    }
    for (const id of over) {
      this.#items.delete(id)
      for (const listener of this.#listeners) listener.onGone(id)
    }
  }
}
