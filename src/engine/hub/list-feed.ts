import { every, type Periodic } from '../kernel/every.ts'
import { Listeners } from '../kernel/listeners.ts'
import { isDatabaseUnavailable } from '../storage/faults.ts'
import type { ListItem, ListSource, ListVersion } from './source.ts'

/** Listens to a list. Calls are synchronous. An error of one listener does not affect the others. */
export interface ListListener {
  /** The item is new, has a newer version, or has the same version with a changed audience. */
  onItem(item: ListItem): void
  /** The item has ended, and its last state was delivered. */
  onGone(id: string): void
  /** The listener threw, or the list can't be read for a lasting reason: it must end its subscriptions. */
  onFault(error: unknown): void
}

interface Known extends ListVersion {
  readonly item: ListItem
  readonly generation: number
}

/** Versions of one history lie below this. */
const GENERATION = 2 ** 32

const LOOK_EVERY_MS = 500

/**
 * The active items of one kind as known to this node: one database read twice a second for all
 * listeners, and none without listeners. It does not use the bus, so a lost notice hides nothing.
 */
export class ListFeed {
  readonly #source: ListSource
  readonly #onFault: (error: unknown) => void
  readonly #listeners = new Listeners<ListListener>((error, listener) => listener.onFault(error))
  readonly #known = new Map<string, Known>()
  /** Number of times that the history was replaced. Versions of a later history always count as newer. */
  #generation = 0
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined
  #looks: Periodic | undefined

  /** `onFault`: called when a periodic read failed; the next one retries. */
  constructor(source: ListSource, onFault: (error: unknown) => void) {
    this.#source = source
    this.#onFault = onFault
  }

  /** Resolves when the list was read after this call. Callers that arrive before the read begins share it. */
  refresh(): Promise<void> {
    this.#next ??= this.#lookNext()
    return this.#next
  }

  /** Notifies `listener` of every known item and then of changes. The returned function stops the calls. */
  follow(listener: ListListener): () => void {
    for (const { item } of this.#known.values()) listener.onItem(item)
    this.#listeners.add(listener)
    this.#looks ??= every(() => this.refresh(), {
      everyMs: LOOK_EVERY_MS,
      onFault: (error) => this.#fail(error),
    })
    return () => {
      this.#listeners.remove(listener)
      if (this.#listeners.size === 0) this.close()
    }
  }

  /** The database continues a different history: reads every item again and passes it to the listeners. */
  onHistoryReplaced(): void {
    this.#generation += 1
    this.refresh().catch((error: unknown) => this.#onFault(error))
  }

  close(): void {
    void this.#looks?.close()
    this.#looks = undefined
  }

  /** Listeners would wait for ever for a fault that is not an unavailable database. */
  #fail(error: unknown): void {
    this.#onFault(error)
    if (!isDatabaseUnavailable(error)) this.#listeners.tell((listener) => listener.onFault(error))
  }

  async #lookNext(): Promise<void> {
    await this.#looking?.catch(() => {})
    this.#next = undefined
    this.#looking = this.#look()
    await this.#looking
  }

  async #look(): Promise<void> {
    const generation = this.#generation
    const versions = await this.#source.versions()
    const over = [...this.#known.keys()].filter((id) => !versions.has(id))
    const changed = [...versions].filter(([id, found]) => !isSame(found, generation, this.#known.get(id)))
    const ids = [...changed.map(([id]) => id), ...over]
    if (ids.length === 0) return
    for (const found of await this.#source.read(ids)) {
      const { id, version } = found
      const item = { ...found, version: generation * GENERATION + version }
      // The audience was read after `access`: at worst the next read repeats it.
      this.#known.set(id, { item, version, generation, access: versions.get(id)?.access ?? '' })
      this.#listeners.tell((listener) => listener.onItem(item))
    }
    for (const id of over) {
      this.#known.delete(id)
      this.#listeners.tell((listener) => listener.onGone(id))
    }
  }
}

function isSame(found: ListVersion, generation: number, known: Known | undefined): boolean {
  return found.version === known?.version && found.access === known.access && generation === known.generation
}
