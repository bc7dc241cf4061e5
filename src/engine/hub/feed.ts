import { receiveSpan } from '../../platform/tracing/spans.ts'
import { NO_TRACING, type TraceParent, type Tracing } from '../../platform/tracing/tracing.ts'
import type { Bus, Unsubscribe } from '../../pubsub/bus.ts'
import type { Entry } from '../history/entry.ts'
import type { Head, History } from '../history/history.ts'
import { decodeNotice, type Notice } from '../history/notice.ts'
import { Listeners } from '../kernel/listeners.ts'
import { advance, type Epoch, type Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'

/** Listens to a feed. Calls are synchronous. An error of one listener does not affect the others. */
export interface FeedListener {
  /** The next entries: consecutive, each exactly once. `trace`: set if their notice is traced here. */
  onEntries(entries: readonly Entry[], trace?: TraceParent): void
  /** The history no longer continues the delivered entries: it was replaced or trimmed past this node's position. */
  onDiscontinuity(): void
  /** The listener threw and may have missed entries: it must continue from the database or end its readers. */
  onFault(error: unknown): void
}

export interface FeedEvents {
  /** Called before entries are delivered: readers who have lost the right to them must be gone when it returns. */
  beforeDelivery(): void
  /** Called when a gap was closed by reading `count` entries from the history. */
  onGapRepaired(topic: Topic, count: number): void
  /** Called when a database read failed, which the next check retries, or a notice could not be parsed. */
  onFault(topic: Topic, error: unknown): void
  /** Called when a listener threw. */
  onListenerFault(topic: Topic, error: unknown): void
}

export interface FeedOptions {
  readonly topic: Topic
  readonly history: History
  readonly bus: Bus
  readonly events: FeedEvents
  readonly tracing?: Tracing | undefined
}

const PAGE = 1000
/** Maximum number of notices waiting behind a slow database read; further ones are dropped and read from the history. */
const MAX_QUEUED = 1000

/**
 * The live end of one topic on this node. The bus only makes it fast: entries that the bus repeats are dropped, and
 * entries that it skips are read from the history first, so that listeners receive every entry, once, in order.
 */
export class Feed {
  readonly topic: Topic
  readonly #history: History
  readonly #bus: Bus
  readonly #events: FeedEvents
  readonly #listeners: Listeners<FeedListener>
  #epoch: Epoch | undefined
  #head: Offset | undefined
  #floor: Offset | undefined
  #quietSince = Number.POSITIVE_INFINITY
  #queue: Notice[] = []
  #working: Promise<void> | undefined
  #isDoubtful = false
  #unsubscribe: Unsubscribe | undefined
  #isListening = false
  #isClosed = false
  readonly #tracing: Tracing

  constructor({ topic, history, bus, events, tracing = NO_TRACING }: FeedOptions) {
    this.topic = topic
    this.#history = history
    this.#bus = bus
    this.#events = events
    this.#listeners = new Listeners((error, listener) => {
      events.onListenerFault(topic, error)
      listener.onFault(error)
    })
    this.#tracing = tracing
  }

  /** Subscribes to the bus, then reads the head. Throws if the database is unavailable or has no such topic. */
  async start(): Promise<void> {
    await this.listen()
    const head = await this.#history.head(this.topic)
    if (head === undefined) throw new RangeError(`topic ${this.topic} has not begun`)
    this.#epoch = head.epoch
    this.#head = head.offset
    this.#floor = head.floor
    this.#quietSince = performance.now()
    this.#work()
  }

  /** Subscribes to the bus if it is available. Called again until it succeeds. */
  async listen(): Promise<void> {
    if (this.#unsubscribe !== undefined || this.#isListening || this.#isClosed) return
    this.#isListening = true
    try {
      const unsubscribe = await this.#bus.subscribe(this.topic, (message) => this.#receive(message))
      if (this.#isClosed) unsubscribe()
      else this.#unsubscribe = unsubscribe
    } catch {
      // The bus is unavailable: the periodic position check delivers entries until it is back.
    } finally {
      this.#isListening = false
    }
  }

  /** The position up to which listeners have received everything. Only after `start`. */
  get epoch(): Epoch {
    if (this.#epoch === undefined) throw new RangeError('the feed has not started')
    return this.#epoch
  }

  get head(): Offset {
    if (this.#head === undefined) throw new RangeError('the feed has not started')
    return this.#head
  }

  /** When the last notice arrived or the feed started: `performance.now()`. Only after `start`. */
  get quietSince(): number {
    return this.#quietSince
  }

  /** Entries up to and including this offset had been deleted at the last database read. Only after `start`. */
  get floor(): Offset {
    if (this.#floor === undefined) throw new RangeError('the feed has not started')
    return this.#floor
  }

  add(listener: FeedListener): void {
    this.#listeners.add(listener)
  }

  remove(listener: FeedListener): void {
    this.#listeners.remove(listener)
  }

  get isUnheard(): boolean {
    return this.#listeners.size === 0
  }

  /** Compares with the head in the database and reads missing entries. Resolves when they are delivered. */
  async check(known?: Head): Promise<void> {
    if (this.#head === undefined || this.#isClosed) return
    const head = known ?? (await this.#history.head(this.topic))
    if (head === undefined) return
    if (head.epoch === this.epoch) this.#floor = head.floor
    if (
      head.epoch !== this.epoch ||
      head.offset > this.head ||
      (known === undefined && head.offset < this.head)
    ) {
      this.#isDoubtful = true
      this.#work()
    }
    await this.#working
  }

  close(): void {
    this.#isClosed = true
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#queue = []
  }

  #receive(message: string): void {
    if (this.#isClosed) return
    if (this.#queue.length >= MAX_QUEUED) {
      this.#queue = []
      this.#isDoubtful = true
    } else this.#queueNotice(message)
    this.#work()
  }

  #queueNotice(message: string): void {
    const notice = decodeNotice(this.topic, message)
    if (notice !== undefined) {
      this.#queue.push(notice)
      return
    }
    this.#isDoubtful = true
    this.#events.onFault(
      this.topic,
      new Error('A notice on the bus cannot be parsed. Its entries are read from the history.'),
    )
  }

  /** Processes waiting notices, synchronously if no read is needed, so that a delivery costs no promise. */
  #work(): void {
    if (this.#working !== undefined || this.#head === undefined) return
    this.#takeNotices()
    if (!this.#isDoubtful) return
    this.#working = this.#readOn()
      .catch((error: unknown) => this.#events.onFault(this.topic, error))
      .finally(() => {
        this.#working = undefined
        // The next check retries a failed read, not a tight loop.
        if (this.#queue.length > 0 && !this.#isDoubtful) this.#work()
      })
  }

  /** Delivers the notices that continue the history. Stops at the first that does not. */
  #takeNotices(): void {
    while (this.#queue.length > 0 && !this.#isDoubtful) {
      const notice = this.#queue.shift()
      if (notice === undefined) return
      if (notice.epoch === this.epoch && notice.last <= this.head) continue
      const isNext = notice.epoch === this.epoch && notice.first <= advance(this.head)
      if (isNext && notice.entries !== undefined) this.#deliver(notice.entries, notice.trace)
      else this.#isDoubtful = true
    }
  }

  /** Reads from the history until its head is reached. */
  async #readOn(): Promise<void> {
    const before = this.head
    let isMissing = false
    for (;;) {
      const head = await this.#history.head(this.topic)
      if (head === undefined || this.#isClosed) return
      const isContinued = head.epoch === this.epoch && head.offset >= this.head && head.floor <= this.head
      if (!isContinued) {
        this.#startOver(head)
        return
      }
      if (head.offset === this.head) break
      const page = await this.#history.readAfter(this.topic, { epoch: this.epoch, offset: this.head }, PAGE)
      const next = consecutiveAfter(this.head, page)
      if (next.length > 0) this.#deliver(next)
      else if (isMissing) {
        this.#startOver(head)
        return
      }
      // Entries that do not continue were trimmed after the head was read: check again. If they still do not, the history has a gap.
      isMissing = next.length === 0
    }
    this.#isDoubtful = false
    if (this.head > before) this.#events.onGapRepaired(this.topic, this.head - before)
    this.#takeNotices()
  }

  #startOver(head: Head): void {
    this.#epoch = head.epoch
    this.#head = head.offset
    this.#floor = head.floor
    this.#quietSince = performance.now()
    this.#isDoubtful = false
    this.#listeners.tell((listener) => listener.onDiscontinuity())
  }

  #deliver(entries: readonly Entry[], trace?: TraceParent): void {
    const fresh = entries.filter(({ offset }) => offset > this.head)
    const last = fresh.at(-1)
    if (last === undefined) return
    this.#head = last.offset
    this.#quietSince = performance.now()
    this.#events.beforeDelivery()
    if (trace === undefined || !this.#tracing.isOn) {
      this.#listeners.tell((listener) => listener.onEntries(fresh))
      return
    }
    const range = { topic: this.topic, first: last.offset - fresh.length + 1, last: last.offset }
    const span = this.#tracing.start(receiveSpan(range, trace))
    this.#listeners.tell((listener) => listener.onEntries(fresh, span.context))
    span.end()
  }
}

/** The longest run of `entries` that continues `head`. */
function consecutiveAfter(head: Offset, entries: readonly Entry[]): readonly Entry[] {
  const hole = entries.findIndex(({ offset }, index) => offset !== advance(head, index + 1))
  return hole < 0 ? entries : entries.slice(0, hole)
}
