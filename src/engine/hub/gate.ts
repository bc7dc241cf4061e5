import type { GraphQLError } from 'graphql'
import type { Payload, Sink } from './delivery.ts'

/** How many payloads may wait while the database is asked. */
const MAX_WAITING = 10_000

/** A sink that can be shut, and is at first: what is sent to it meanwhile waits, in order. */
export class Gate implements Sink {
  readonly #sink: Sink
  readonly #onOverflow: () => void
  #state: 'shut' | 'open' | 'closed' = 'shut'
  #waiting: Payload[] = []
  #opening: PromiseWithResolvers<void> | undefined

  /** `onOverflow`: too much waits; nothing of it will be let through. */
  constructor(sink: Sink, onOverflow: () => void) {
    this.#sink = sink
    this.#onOverflow = onOverflow
  }

  send(payload: Payload): void {
    if (this.#state === 'open') this.#sink.send(payload)
    else if (this.#state === 'shut') this.#keep(payload)
  }

  /** A replay pauses while it is shut, and state is conflated. */
  isCongested(): boolean {
    return this.#state === 'shut' || this.#sink.isCongested()
  }

  async drained(): Promise<void> {
    if (this.#state === 'shut') {
      this.#opening ??= Promise.withResolvers()
      await this.#opening.promise
    }
    await this.#sink.drained()
  }

  end(error?: GraphQLError): void {
    this.#sink.end(error)
  }

  shut(): void {
    if (this.#state === 'open') this.#state = 'shut'
  }

  /** Lets through what waits. Harmless where it is open. */
  open(): void {
    if (this.#state !== 'shut') return
    this.#state = 'open'
    const passed = this.#waiting
    this.#waiting = []
    for (const payload of passed) this.#sink.send(payload)
    this.#release()
  }

  /** The subscription is over: what waits is dropped. */
  close(): void {
    this.#state = 'closed'
    this.#waiting = []
    this.#release()
  }

  #keep(payload: Payload): void {
    if (this.#waiting.push(payload) <= MAX_WAITING) return
    this.#waiting = []
    this.#onOverflow()
  }

  #release(): void {
    this.#opening?.resolve()
    this.#opening = undefined
  }
}
