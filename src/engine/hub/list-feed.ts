import { every, type Periodic } from '../kernel/every.ts'
import { Listeners } from '../kernel/listeners.ts'
import { isDatabaseUnavailable } from '../storage/faults.ts'
import type { ListItem, ListSource, ListVersion } from './source.ts'

/** Follows a list. Calls are synchronous. What one listener throws keeps nothing from the others. */
export interface ListListener {
  /** The item is new, newer than what was heard of it, or of the same version with others who may see it. */
  onItem(item: ListItem): void
  /** The item is over, and its last state was heard. */
  onGone(id: string): void
  /** It threw, or the list can't be read for a reason that waiting does not mend: it ends its viewers. */
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
 * The things of one kind that are not over, as this node knows them: one read of the database twice a second for all
 * listeners, and none while nobody listens. It needs no bus, so a lost notice hides nothing.
 */
export class ListFeed {
  readonly #source: ListSource
  readonly #onFault: (error: unknown) => void
  readonly #listeners = new Listeners<ListListener>((error, listener) => listener.onFault(error))
  readonly #known = new Map<string, Known>()
  /** How often the history was replaced: versions of a later one count as newer, whatever they are. */
  #generation = 0
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined
  #looks: Periodic | undefined

  /** `onFault`: a periodic read failed; the next one tries again. */
  constructor(source: ListSource, onFault: (error: unknown) => void) {
    this.#source = source
    this.#onFault = onFault
  }

  /** Resolves when the list is known as it stood after this call: one look for all who ask before it begins. */
  refresh(): Promise<void> {
    this.#next ??= this.#lookNext()
    return this.#next
  }

  /** Tells `listener` of every item that is known, and then of changes, until the returned function is called. */
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

  /** The database continues another history: every item is read again, and passed to the listeners. */
  onHistoryReplaced(): void {
    this.#generation += 1
    this.refresh().catch((error: unknown) => this.#onFault(error))
  }

  close(): void {
    void this.#looks?.close()
    this.#looks = undefined
  }

  /** Those who follow would wait for ever where it is not the database that is away. */
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
      // Who may see it was read after `access`: at worst the next look reads it again.
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
