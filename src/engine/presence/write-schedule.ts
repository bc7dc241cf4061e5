/** Changes are batched for GATHER_MS; writes start at least WRITE_EVERY_MS apart. */
const GATHER_MS = 10
const WRITE_EVERY_MS = 100

/** Schedules the writes of this node's metadata: one write for many changes, soon after the first of them. */
export class WriteSchedule {
  readonly #write: () => Promise<void>
  #startedAt = Number.NEGATIVE_INFINITY
  #next: { readonly timer: NodeJS.Timeout; readonly done: PromiseWithResolvers<void> } | undefined
  #last: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(write: () => Promise<void>) {
    this.#write = write
  }

  /** Schedules a write, unless one is already scheduled. */
  schedule(): void {
    if (this.#next !== undefined || this.#isClosed) return
    const done = Promise.withResolvers<void>()
    const delayMs = Math.max(GATHER_MS, this.#startedAt + WRITE_EVERY_MS - performance.now())
    const timer = setTimeout(() => {
      this.#next = undefined
      this.#last = this.#write()
      void this.#last.then(done.resolve)
    }, delayMs)
    this.#next = { timer, done }
  }

  /** Call when a write starts, scheduled or not. */
  started(): void {
    this.#startedAt = performance.now()
  }

  /** Resolves when the scheduled write is done. Undefined if none is scheduled. */
  next(): Promise<void> | undefined {
    return this.#next?.done.promise
  }

  /** Resolves when the most recent scheduled write is done. */
  last(): Promise<void> {
    return this.#last
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#next?.timer)
    this.#next?.done.resolve()
  }
}
