import type { Cursor } from '../kernel/cursor.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Offset } from '../kernel/position.ts'
import type { Payload, Subscriber } from './delivery.ts'
import { createRenderer, type RenderCounters, type Renderer } from './renderer.ts'
import type { Part } from './source.ts'

/** A subscriber of a history: everything up to and including `position` was sent, or is not for it to see. */
export interface Reader {
  readonly subscriber: Subscriber
  /** Whose it is: the same object for all readers on one. */
  readonly connection: object
  /** What of the topic it has asked for; undefined: all. */
  readonly part: Part | undefined
  position: Offset
  /** Which continuous history `position` lies in; the stream begins another when its feed lost the thread. */
  generation: number
  isEnded: boolean
}

/** One value on its way to a group. */
export interface Item {
  readonly offset: Offset
  readonly at: Instant
  readonly cursor: Cursor
  readonly event: object
  /** Whether this reader may see it. */
  isFor(reader: Reader): boolean
}

/**
 * Subscribers who get the same bytes for the same entry. Those who have caught up are its members: for them an
 * entry is executed once, serialised once, and handed to each sink. Those who have not use the same renderer.
 */
export class Group {
  readonly renderer: Renderer
  readonly members = new Set<Reader>()
  /** Readers of this group, members or on their way. */
  size = 0
  readonly #onFault: (error: unknown) => void
  readonly #counters: RenderCounters
  #tail: Promise<void> | undefined

  /** `onFault`: rendering threw, so that members can't be served on. */
  constructor(subscriber: Subscriber, counters: RenderCounters, onFault: (error: unknown) => void) {
    this.renderer = createRenderer(subscriber.selection, counters)
    this.#onFault = onFault
    this.#counters = counters
  }

  /**
   * In order, also where rendering one item takes longer than rendering the next: what they read is read together. Returns
   * how many payloads went out at once.
   */
  deliver(items: readonly Item[]): number {
    if (this.members.size === 0) return 0
    let sent = 0
    const late: Promise<() => void>[] = []
    for (const item of items) {
      const payload = this.renderer.render(item.event, item.cursor)
      const isAtOnce = !(payload instanceof Promise) && this.#tail === undefined && late.length === 0
      if (isAtOnce) sent += this.#send(item, payload)
      else late.push(Promise.resolve(payload).then((done) => () => this.#sendLate(item, done)))
    }
    this.#counters.onDelivery(sent)
    if (late.length > 0) this.#deliverLate(late)
    return sent
  }

  /** Settles when what takes time to render is handed out; undefined where nothing does. */
  get late(): Promise<void> | undefined {
    return this.#tail
  }

  #deliverLate(late: readonly Promise<() => void>[]): void {
    const tail = Promise.all([Promise.all(late), this.#tail]).then(([sends]) => {
      for (const send of sends) send()
    })
    this.#tail = tail
    void tail
      .catch((error: unknown) => this.#onFault(error))
      .finally(() => {
        if (this.#tail === tail) this.#tail = undefined
      })
  }

  #sendLate(item: Item, payload: Payload): void {
    const sent = this.#send(item, payload)
    this.#counters.onDelivery(sent)
    if (sent > 0) this.#counters.onLive(item.at)
  }

  /** Returns to how many. */
  #send(item: Item, payload: Payload): number {
    let sent = 0
    for (const reader of this.members) {
      // A reader who joined ahead of the group (by a snapshot or a replay) has had this one.
      if (reader.position >= item.offset) continue
      reader.position = item.offset
      if (!item.isFor(reader)) continue
      reader.subscriber.sink.send(payload)
      sent += 1
    }
    return sent
  }
}
