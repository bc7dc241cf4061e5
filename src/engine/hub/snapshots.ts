import { type CursorPosition, encodeCursor } from '../kernel/cursor.ts'
import type { Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Group } from './group.ts'
import type { Reader } from './reader.ts'
import type { PresentedEvent, Snapshot, Source } from './source.ts'
import type { StreamEvents, StreamPosition } from './stream-events.ts'
import type { TopicItems } from './topic-items.ts'

/** A shared snapshot serves every reader who arrives within this time, unless an entry was written meanwhile. */
const SNAPSHOT_FRESH_MS = 200

/** A snapshot as the root value of resolvers. */
interface PresentedSnapshot {
  readonly position: CursorPosition
  readonly event: PresentedEvent & { readonly reset: boolean }
}

interface SharedSnapshot {
  readonly takenAt: number
  readonly head: Offset
  readonly snapshot: Promise<PresentedSnapshot>
}

export interface SnapshotsOptions {
  readonly topic: Topic
  readonly source: Source
  readonly stream: StreamPosition
  readonly items: Pick<TopicItems, 'revision'>
  readonly events: StreamEvents
}

/** Sends readers of one topic the snapshots with which they begin or restart. */
export class Snapshots {
  readonly #options: SnapshotsOptions
  #shared: SharedSnapshot | undefined

  constructor(options: SnapshotsOptions) {
    this.#options = options
  }

  forget(): void {
    this.#shared = undefined
  }

  /** `isReset`: whether the snapshot replaces what the reader received before. */
  async send(reader: Reader, group: Group, { isReset }: { readonly isReset: boolean }): Promise<void> {
    const { topic, stream, items, events } = this.#options
    const { renderer } = group
    reader.isStale = false
    const { generation } = stream
    const { revision } = items
    const { position, event } = await this.#snapshotFor(reader)
    const cursor = encodeCursor(topic, position)
    const payload = await (isReset
      ? renderer.renderOnce({ ...event, reset: true }, cursor)
      : renderer.render(event, cursor))
    if (reader.isEnded) return
    if (revision !== items.revision && generation === stream.generation) {
      await this.send(reader, group, { isReset })
      return
    }
    reader.subscriber.sink.send(payload)
    events.onDelivery(1)
    reader.position = position.offset
    reader.generation = generation
  }

  #snapshotFor({ subscriber: { viewer }, part }: Reader): Promise<PresentedSnapshot> {
    const { topic, source, stream } = this.#options
    if (part !== undefined) return this.#present(part.snapshot(topic, viewer))
    if (!source.isSnapshotShared) return this.#present(source.snapshot(topic, viewer))
    const now = Date.now()
    const shared = this.#shared
    if (shared !== undefined && shared.head === stream.head && now - shared.takenAt < SNAPSHOT_FRESH_MS) {
      return shared.snapshot
    }
    const snapshot = this.#present(source.snapshot(topic, viewer))
    this.#shared = { takenAt: now, head: stream.head, snapshot }
    snapshot.catch(() => this.forget())
    return snapshot
  }

  async #present(taken: Promise<Snapshot>): Promise<PresentedSnapshot> {
    const { topic, source } = this.#options
    const { position: reached, at, state } = await taken
    const position = source.visibility === undefined ? reached : { ...reached, seenAt: at }
    return { position, event: { ...state, type: source.snapshotType, topic, position, at, reset: false } }
  }
}
