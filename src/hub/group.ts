import type { Cursor } from '../kernel/cursor.ts'
import type { Offset } from '../kernel/position.ts'
import type { Payload, Subscriber } from './delivery.ts'
import { createRenderer, type RenderCounters, type Renderer } from './renderer.ts'

/** A subscriber of a history: everything up to and including `position` was sent, or is not for it to see. */
export interface Reader {
  readonly subscriber: Subscriber
  position: Offset
  /** Which continuous history `position` lies in; the stream begins another when its feed lost the thread. */
  generation: number
  isEnded: boolean
}

/** One value on its way to a group. */
export interface Item {
  readonly offset: Offset
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

  /** In order, also where rendering one item takes longer than rendering the next. */
  deliver(items: readonly Item[]): void {
    if (this.members.size === 0) return
    if (this.#tail === undefined) {
      for (const [index, item] of items.entries()) {
        const payload = this.renderer.render(item.event, item.cursor)
        if (payload instanceof Promise) {
          this.#deliverLate(items.slice(index))
          return
        }
        this.#send(item, payload)
      }
    } else this.#deliverLate(items)
  }

  #deliverLate(items: readonly Item[]): void {
    const tail = (this.#tail ?? Promise.resolve()).then(async () => {
      for (const item of items) this.#send(item, await this.renderer.render(item.event, item.cursor))
    })
    this.#tail = tail
    void tail
      .catch((error: unknown) => this.#onFault(error))
      .finally(() => {
        if (this.#tail === tail) this.#tail = undefined
      })
  }

  #send(item: Item, payload: Payload): void {
    let sent = 0
    for (const reader of this.members) {
      // A reader who joined ahead of the group (by a snapshot or a replay) has had this one.
      if (reader.position >= item.offset) continue
      reader.position = item.offset
      if (!item.isFor(reader)) continue
      reader.subscriber.sink.send(payload)
      sent += 1
    }
    this.#counters.onDelivery(sent)
  }
}
