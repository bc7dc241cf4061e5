import type { Entry } from '../history/entry.ts'
import { encodeCursor } from '../kernel/cursor.ts'
import type { Topic } from '../kernel/topic.ts'
import { UnreadableEntry } from '../kernel/unreadable-entry.ts'
import { isDatabaseUnavailable } from '../storage/faults.ts'
import type { Item } from './reader.ts'
import type { Source } from './source.ts'

/** Entries as items, up to the first entry that can't be presented. */
export interface Presented {
  readonly items: readonly Item[]
  /** Why the entry after `items` could not be presented; undefined if all were. */
  readonly fault: UnreadableEntry | undefined
}

/** Turns the entries of one topic into items. Faults of the source are values here, so that no entry is skipped by accident. */
export class Presenter {
  readonly #topic: Topic
  readonly #source: Source

  constructor(topic: Topic, source: Source) {
    this.#topic = topic
    this.#source = source
  }

  /** Whether entries have to be prepared before they are presented. */
  get needsPreparation(): boolean {
    return this.#source.prepare !== undefined
  }

  /** Fetches what `present` needs in addition to `entries`. */
  async prepare(entries: readonly Entry[]): Promise<readonly unknown[]> {
    return (await this.#source.prepare?.(this.#topic, entries)) ?? []
  }

  present(entries: readonly Entry[], prepared: readonly unknown[]): Presented {
    const items: Item[] = []
    for (const [index, entry] of entries.entries()) {
      try {
        items.push(this.#itemOf(entry, prepared[index]))
      } catch (error) {
        return { items, fault: new UnreadableEntry(this.#topic, entry.offset, error) }
      }
    }
    return { items, fault: undefined }
  }

  /** Prepares and presents. Rejects only if the database is unavailable, so that the same entries may succeed later. */
  async presentAll(entries: readonly Entry[]): Promise<Presented> {
    try {
      return this.present(entries, await this.prepare(entries))
    } catch (error) {
      const [first] = entries
      if (first === undefined || isDatabaseUnavailable(error)) throw error
      if (entries.length === 1)
        return { items: [], fault: new UnreadableEntry(this.#topic, first.offset, error) }
      return this.#presentByHalves(entries)
    }
  }

  /** Preparation failed for the whole batch: the entries before the faulty one can still be presented. */
  async #presentByHalves(entries: readonly Entry[]): Promise<Presented> {
    const middle = Math.ceil(entries.length / 2)
    const earlier = await this.presentAll(entries.slice(0, middle))
    if (earlier.fault !== undefined) return earlier
    const later = await this.presentAll(entries.slice(middle))
    return { items: [...earlier.items, ...later.items], fault: later.fault }
  }

  #itemOf(entry: Entry, prepared: unknown): Item {
    const topic = this.#topic
    const event = this.#source.present(entry, prepared)
    return { topic, offset: entry.offset, at: entry.at, cursor: encodeCursor(topic, entry), event }
  }
}
