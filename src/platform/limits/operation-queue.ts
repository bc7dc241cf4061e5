import { Overloaded } from '../../engine/kernel/overloaded.ts'

export interface OperationQueueOptions {
  /** Operations that run at the same time. */
  readonly maxRunning: number
  /** Operations that may wait. */
  readonly maxWaiting: number
}

/** The queue drains within about this time under normal load. */
const RETRY_AFTER_MS = 1_000

/** Runs the operations of one client: a bounded number at once, the rest in order of arrival. */
export class OperationQueue {
  readonly #options: OperationQueueOptions
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor(options: OperationQueueOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0
  }

  /**
   * Resolves with the result of `work`. Rejects with `Overloaded` at once when the queue is full. Work that still waits when
   * `signal` aborts is dropped and rejects with the signal's reason; running work continues and reads the signal itself.
   */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    if (signal.aborted) return Promise.reject(signal.reason)
    if (this.#running < this.#options.maxRunning) return this.#start(work)
    if (this.#waiting.size >= this.#options.maxWaiting) return Promise.reject(new Overloaded(RETRY_AFTER_MS))
    return new Promise((resolve, reject) => {
      const drop = (): void => {
        this.#waiting.delete(start)
        reject(signal.reason)
      }
      const start = (): void => {
        signal.removeEventListener('abort', drop)
        this.#start(work).then(resolve, reject)
      }
      signal.addEventListener('abort', drop, { once: true })
      this.#waiting.add(start)
    })
  }

  async #start<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#running += 1
    try {
      return await work()
    } finally {
      this.#running -= 1
      const [next] = this.#waiting
      if (next !== undefined) {
        this.#waiting.delete(next)
        next()
      }
    }
  }
}

/** One queue per key, kept while it has work. */
export interface OperationQueues<Key> {
  run<Result>(key: Key, work: () => Promise<Result>, signal: AbortSignal): Promise<Result>
  /** Number of keys with running or waiting work. */
  readonly size: number
}

export function createOperationQueues<Key>(options: OperationQueueOptions): OperationQueues<Key> {
  const queues = new Map<Key, OperationQueue>()
  return {
    async run(key, work, signal) {
      const queue = queues.get(key) ?? new OperationQueue(options)
      queues.set(key, queue)
      try {
        return await queue.run(work, signal)
      } finally {
        if (queue.isIdle && queues.get(key) === queue) queues.delete(key)
      }
    },
    get size() {
      return queues.size
    },
  }
}
