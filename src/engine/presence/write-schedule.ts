/** Changes of a moment are gathered for GATHER_MS; writes start at least WRITE_EVERY_MS apart. */
const GATHER_MS = 10
const WRITE_EVERY_MS = 100

/** When the tags of this node are written: many changes at once, soon after the first of them. */
export class WriteSchedule {
  readonly #write: () => Promise<void>
  #startedAt = Number.NEGATIVE_INFINITY
  #next: { readonly timer: NodeJS.Timeout; readonly done: PromiseWithResolvers<void> } | undefined
  #last: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(write: () => Promise<void>) {
    this.#write = write
  }

  /** Writes soon. Does nothing where a write is scheduled already. */
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

  /** A write starts, scheduled or not. */
  started(): void {
    this.#startedAt = performance.now()
  }

  /** Resolves when the scheduled write is done. */
  next(): Promise<void> | undefined {
    return this.#next?.done.promise
  }

  /** Resolves when the last write that started by schedule is done. */
  last(): Promise<void> {
    return this.#last
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#next?.timer)
    this.#next?.done.resolve()
  }
}
