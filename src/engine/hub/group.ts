import { atEndOfTurn } from '../kernel/end-of-tick.ts'
import { callEach, Listeners } from '../kernel/listeners.ts'
import { BEGINNING, type Offset } from '../kernel/position.ts'
import { joined, type Payload, type Subscriber } from './delivery.ts'
import type { Admission, Item, Reader } from './reader.ts'
import { createRenderer, type RenderCounters, type Renderer } from './renderer.ts'
import { ReplayPayloads } from './replay-chunks.ts'

/** The payloads that members receive at the end of this event-loop tick. */
interface Due {
  readonly offset: Offset
  readonly payload: Payload
}

/** An item whose rendering is asynchronous or waits for an earlier one. */
interface Late {
  readonly item: Item
  readonly rendering: Promise<Payload>
}

export interface GroupOptions {
  /** The selection of one reader of the group; all are equal. */
  readonly subscriber: Subscriber
  /** Whether every item is for every reader. */
  readonly isOpen: boolean
  readonly counters: RenderCounters
  /** Ends a reader that can no longer be served. */
  readonly onFault: (error: unknown, reader: Reader) => void
}

/**
 * Subscribers who receive the same bytes for the same entry. Those who have caught up are its members: for them an
 * entry is executed once and serialised once, and each sink receives everything from one event-loop tick together.
 * The others share its renderer and its replay payloads.
 */
export class Group {
  readonly renderer: Renderer
  readonly replayPayloads: ReplayPayloads
  /** The readers who have caught up. A fault of one, such as a throwing sink, ends that one alone. */
  readonly members: Listeners<Reader>
  /** Readers of this group, including those still catching up. */
  size = 0
  /** Whether every item is for every reader. */
  readonly isOpen: boolean
  readonly #onFault: (error: unknown, reader: Reader) => void
  readonly #counters: RenderCounters
  #due: Due[] = []
  #tail: Promise<void> | undefined

  constructor({ subscriber, isOpen, counters, onFault }: GroupOptions) {
    this.renderer = createRenderer(subscriber.selection, counters)
    this.replayPayloads = new ReplayPayloads(this.renderer, isOpen)
    this.isOpen = isOpen
    this.#onFault = onFault
    this.members = new Listeners(onFault)
    this.#counters = counters
  }

  /**
   * Sends items in order, even if rendering one takes longer than the next; their reads are batched. Returns
   * the number of results sent in this tick. `isFor` is called for each member, unless the group is open.
   */
  deliver(items: readonly Item[], isFor: Admission): number {
    if (this.members.size === 0) return 0
    let sent = 0
    const late: Late[] = []
    for (const item of items) {
      const payload = this.renderer.renderItem(item)
      const isAtOnce = !(payload instanceof Promise) && this.#tail === undefined && late.length === 0
      if (isAtOnce) sent += this.#send(item, payload, isFor)
      else late.push({ item, rendering: Promise.resolve(payload) })
    }
    if (late.length > 0) this.#deliverLate(late, isFor)
    return sent
  }

  /** Settles when all asynchronous renderings have been sent; undefined if none is pending. */
  get late(): Promise<void> | undefined {
    return this.#tail
  }

  /** Removes a reader, sending what it is still due. */
  remove(reader: Reader): void {
    if (!this.members.remove(reader) || this.#due.length === 0) return
    this.#handOut(this.#due, (hand) => callEach([reader], hand, this.#onFault))
  }

  /** Sends pending payloads without waiting for the end of the tick. */
  readonly flush = (): void => {
    const due = this.#due
    this.#due = []
    if (due.length > 0) this.#handOut(due, (hand) => this.members.tell(hand))
  }

  #deliverLate(late: readonly Late[], isFor: Admission): void {
    const tail = this.#sendInOrder(late, isFor, this.#tail)
    this.#tail = tail
    void tail.finally(() => {
      if (this.#tail === tail) this.#tail = undefined
    })
  }

  async #sendInOrder(
    late: readonly Late[],
    isFor: Admission,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const rendered = await Promise.allSettled(late.map(({ rendering }) => rendering))
    await before
    for (const [index, { item }] of late.entries()) {
      const result = rendered[index]
      if (result?.status === 'fulfilled') this.#sendLate(item, result.value, isFor)
      else this.#endBefore(item, result?.reason)
    }
  }

  /** The item could not be rendered: members who have not received it can no longer be served. */
  #endBefore({ offset }: Item, fault: unknown): void {
    this.flush()
    this.members.tell((reader) => {
      if (reader.position < offset) this.#onFault(fault, reader)
    })
  }

  #sendLate(item: Item, payload: Payload, isFor: Admission): void {
    if (this.#send(item, payload, isFor) > 0) this.#counters.onLive(item.at)
  }

  /** Returns the number of members that it is sent to. */
  #send(item: Item, payload: Payload, isFor: Admission): number {
    const { offset } = item
    if (!this.isOpen) return this.#sendToSome(item, payload, isFor)
    if (this.#due.push({ offset, payload }) === 1) atEndOfTurn(this.flush)
    return this.members.size
  }

  #sendToSome(item: Item, payload: Payload, isFor: Admission): number {
    let sent = 0
    this.members.tell((reader) => {
      // A reader who joined ahead of the group (by a snapshot or a replay) already has this one.
      if (reader.position >= item.offset) return
      reader.position = item.offset
      if (!isFor(item, reader)) return
      reader.subscriber.sink.send(payload)
      sent += 1
    })
    this.#counters.onDelivery(sent)
    return sent
  }

  #handOut(due: readonly Due[], tell: (hand: (reader: Reader) => void) => void): void {
    const all = joined(due.map(payloadIn))
    const [first, last] = [due[0]?.offset ?? BEGINNING, due.at(-1)?.offset ?? BEGINNING]
    let sent = 0
    tell((reader) => {
      const { position } = reader
      if (position >= last) return
      reader.position = last
      const payload = position < first ? all : joined(due.filter(isAfter(position)).map(payloadIn))
      reader.subscriber.sink.send(payload)
      sent += payload.results.length
    })
    this.#counters.onDelivery(sent)
  }
}

/** The results that a reader who joined ahead of the group (by a snapshot or a replay) does not have yet. */
const isAfter =
  (position: Offset) =>
  ({ offset }: Due): boolean =>
    offset > position

const payloadIn = ({ payload }: Due): Payload => payload
