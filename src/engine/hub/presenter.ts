import type { Entry } from '../history/entry.ts'
import { encodeCursor } from '../kernel/cursor.ts'
import type { Topic } from '../kernel/topic.ts'
import { UnreadableEntry } from '../kernel/unreadable-entry.ts'
import { isDatabaseUnavailable } from '../storage/faults.ts'
import type { Item } from './reader.ts'
import type { Source } from './source.ts'

/** Entries as items, up to the first that can't be presented. */
export interface Presented {
  readonly items: readonly Item[]
  /** Why the entry after `items` is none of them; undefined where all are. */
  readonly fault: UnreadableEntry | undefined
}

/** Turns the entries of one topic into items. A fault of the source is a value here: nothing can skip an entry by it. */
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

  /** What presenting `entries` needs in addition to them, for `present`. */
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

  /** Prepares and presents. Rejects only where the database is away, so that the same entries may succeed later. */
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

  /** Preparation failed for all of them: those before the entry that it failed for can still be shown. */
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
