import type { Topic } from '../kernel/topic.ts'
import { admissionTo } from './access.ts'
import type { Payload } from './delivery.ts'
import type { Group } from './group.ts'
import type { Item, Reader } from './reader.ts'
import { chunksOf } from './replay-chunks.ts'
import type { Snapshots } from './snapshots.ts'
import type { Source } from './source.ts'
import type { StreamEvents, StreamPosition } from './stream-events.ts'
import type { TimeSlices } from './time-slices.ts'
import type { TopicItems } from './topic-items.ts'

export interface CatchUpOptions {
  readonly topic: Topic
  readonly source: Source
  readonly stream: StreamPosition
  readonly items: TopicItems
  readonly snapshots: Snapshots
  readonly slices: TimeSlices
  readonly events: StreamEvents
}

/** Brings readers of one topic to the position of their group, each at the pace of its socket. */
export class CatchUp {
  readonly #options: CatchUpOptions

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  /** Resolves when the reader has joined its group, or has ended. */
  async run(reader: Reader, group: Group): Promise<void> {
    const { stream, items, snapshots, events } = this.#options
    while (!reader.isEnded) {
      if (reader.generation !== stream.generation || reader.isStale) {
        events.onReset(reader.isStale ? 'rights' : 'discontinuity')
        await snapshots.send(reader, group, { isReset: true })
        continue
      }
      // No await between this check and joining, so that nothing can arrive in between.
      if (reader.position >= stream.head) {
        group.members.add(reader)
        return
      }
      const { revision } = items
      const next = items.recent.after(reader.position) ?? (await items.pageAfter(reader.position))
      if (next === undefined) {
        events.onReset('trimmed')
        await snapshots.send(reader, group, { isReset: true })
      } else await this.#send(reader, group, next, revision)
    }
  }

  /** `revision`: the revision of the topic's items when `items` were taken. Stops once it changes: the rest is read again. */
  async #send(reader: Reader, group: Group, items: readonly Item[], revision: number): Promise<void> {
    for (const chunk of chunksOf(items)) {
      let left = chunk
      while (left.length > 0 && !reader.isEnded) {
        await this.#options.slices.next()
        if (this.#isOutdated(revision)) return
        left = await this.#sendSome(reader, group, left, revision)
      }
    }
  }

  /**
   * Sends `items` and returns the remaining ones: if the reader's socket was full meanwhile, rights or entries may
   * have changed and are read again for the rest.
   */
  async #sendSome(
    reader: Reader,
    group: Group,
    items: readonly Item[],
    revision: number,
  ): Promise<readonly Item[]> {
    const due = group.isOpen ? items : await this.#dueFor(reader, items)
    const payloads = await this.#payloadsOf(group, due)
    if (payloads === undefined) {
      // One of them can't be rendered: the reader gets the ones before it.
      const middle = Math.ceil(items.length / 2)
      const left = await this.#sendSome(reader, group, items.slice(0, middle), revision)
      return [...left, ...items.slice(middle)]
    }
    if (this.#isOutdated(revision)) return items
    const { sink } = reader.subscriber
    let sent = 0
    for (const payload of payloads) {
      if (reader.isEnded) return []
      sink.send(payload)
      sent += payload.results.length
      this.#options.events.onDelivery(payload.results.length)
      if (!sink.isCongested()) continue
      await sink.drained()
      const last = due[sent - 1]
      const isUnchanged = group.isOpen && !this.#isOutdated(revision)
      if (isUnchanged || last === undefined) continue
      reader.position = last.offset
      return items.filter(({ offset }) => offset > last.offset)
    }
    reader.position = items.at(-1)?.offset ?? reader.position
    return []
  }

  /** The `items` that the reader may see, by current rights. */
  async #dueFor(reader: Reader, items: readonly Item[]): Promise<readonly Item[]> {
    const isFor = await admissionTo(items, this.#options.topic, this.#options.source)
    return items.filter((item) => isFor(item, reader))
  }

  /** Undefined if some of `items` can't be rendered; throws if the only one can't. */
  async #payloadsOf(group: Group, items: readonly Item[]): Promise<readonly Payload[] | undefined> {
    try {
      return await group.replayPayloads.of(items)
    } catch (error) {
      if (items.length > 1) return undefined
      throw error
    }
  }

  #isOutdated(revision: number): boolean {
    return revision !== this.#options.items.revision
  }
}
