import { atEndOfTurn } from '../kernel/end-of-turn.ts'
import { BEGINNING, type Offset } from '../kernel/position.ts'
import { joined, type Payload, type Subscriber } from './delivery.ts'
import { Portions } from './portions.ts'
import type { Admission, Item, Reader } from './reader.ts'
import { createRenderer, type RenderCounters, type Renderer } from './renderer.ts'

/** What the members are to get at the end of this turn of the event loop. */
interface Due {
  readonly offset: Offset
  readonly payload: Payload
}

/**
 * Subscribers who get the same bytes for the same entry. Those who have caught up are its members: for them an
 * entry is executed once, serialised once, and all that comes within a turn of the event loop is handed to each sink
 * together. Those who have not share its renderer and its portions.
 */
export class Group {
  readonly renderer: Renderer
  readonly portions: Portions
  readonly members = new Set<Reader>()
  /** Readers of this group, members or on their way. */
  size = 0
  /** Every item is for every reader. */
  readonly isOpen: boolean
  readonly #onFault: (error: unknown) => void
  readonly #counters: RenderCounters
  #due: Due[] = []
  #tail: Promise<void> | undefined

  /** `isOpen`: every item is for every reader. `onFault`: rendering threw, so that members can't be served on. */
  constructor(
    subscriber: Subscriber,
    isOpen: boolean,
    counters: RenderCounters,
    onFault: (error: unknown) => void,
  ) {
    this.renderer = createRenderer(subscriber.selection, counters)
    this.portions = new Portions(this.renderer, isOpen)
    this.isOpen = isOpen
    this.#onFault = onFault
    this.#counters = counters
  }

  /**
   * In order, also where rendering one item takes longer than rendering the next: what they read is read together. Returns
   * how many results go out in this turn. `isFor` is asked for each member, unless the group is open.
   */
  deliver(items: readonly Item[], isFor: Admission): number {
    if (this.members.size === 0) return 0
    let sent = 0
    const late: Promise<() => void>[] = []
    for (const item of items) {
      const payload = this.renderer.render(item.event, item.cursor)
      const isAtOnce = !(payload instanceof Promise) && this.#tail === undefined && late.length === 0
      if (isAtOnce) sent += this.#send(item, payload, isFor)
      else late.push(Promise.resolve(payload).then((done) => () => this.#sendLate(item, done, isFor)))
    }
    if (late.length > 0) this.#deliverLate(late)
    return sent
  }

  /** Settles when what takes time to render is handed out; undefined where nothing does. */
  get late(): Promise<void> | undefined {
    return this.#tail
  }

  /** Takes a reader out, with what is due to it. */
  remove(reader: Reader): void {
    if (this.members.delete(reader) && this.#due.length > 0) this.#handOut([reader], this.#due)
  }

  /** Hands out what is due without waiting for the end of the turn. */
  readonly flush = (): void => {
    const due = this.#due
    this.#due = []
    if (due.length > 0) this.#handOut(this.members, due)
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

  #sendLate(item: Item, payload: Payload, isFor: Admission): void {
    if (this.#send(item, payload, isFor) > 0) this.#counters.onLive(item.at)
  }

  /** Returns to how many. */
  #send(item: Item, payload: Payload, isFor: Admission): number {
    const { offset } = item
    if (!this.isOpen) return this.#sendToSome(item, payload, isFor)
    if (this.#due.push({ offset, payload }) === 1) atEndOfTurn(this.flush)
    return this.members.size
  }

  #sendToSome(item: Item, payload: Payload, isFor: Admission): number {
    let sent = 0
    for (const reader of this.members) {
      // A reader who joined ahead of the group (by a snapshot or a replay) has had this one.
      if (reader.position >= item.offset) continue
      reader.position = item.offset
      if (!isFor(item, reader)) continue
      reader.subscriber.sink.send(payload)
      sent += 1
    }
    this.#counters.onDelivery(sent)
    return sent
  }

  #handOut(readers: Iterable<Reader>, due: readonly Due[]): void {
    const all = joined(due.map(payloadIn))
    const [first, last] = [due[0]?.offset ?? BEGINNING, due.at(-1)?.offset ?? BEGINNING]
    let sent = 0
    for (const reader of readers) {
      const { position } = reader
      if (position >= last) continue
      reader.position = last
      const payload = position < first ? all : joined(due.filter(isAfter(position)).map(payloadIn))
      reader.subscriber.sink.send(payload)
      sent += payload.results.length
    }
    this.#counters.onDelivery(sent)
  }
}

/** What a reader who joined ahead of the group (by a snapshot or a replay) has not had. */
const isAfter =
  (position: Offset) =>
  ({ offset }: Due): boolean =>
    offset > position

const payloadIn = ({ payload }: Due): Payload => payload
