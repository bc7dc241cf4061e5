import type { GraphQLError } from 'graphql'
import type { Payload, Sink } from './delivery.ts'

/** Maximum number of payloads that wait while the database is queried. */
const MAX_WAITING = 10_000

/** A sink that can be shut, and starts shut. Payloads sent meanwhile wait, in order. */
export class Gate implements Sink {
  readonly #sink: Sink
  readonly #onOverflow: () => void
  #state: 'shut' | 'open' | 'closed' = 'shut'
  #waiting: Payload[] = []
  #opening: PromiseWithResolvers<void> | undefined

  /** `onOverflow`: called when too much waits. None of it will be sent. */
  constructor(sink: Sink, onOverflow: () => void) {
    this.#sink = sink
    this.#onOverflow = onOverflow
  }

  send(payload: Payload): void {
    if (this.#state === 'open') this.#sink.send(payload)
    else if (this.#state === 'shut') this.#keep(payload)
  }

  /** Replay pauses while the gate is shut, and state is conflated. */
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

  /** Sends waiting payloads. Does nothing if the gate is open. */
  open(): void {
    if (this.#state !== 'shut') return
    this.#state = 'open'
    const passed = this.#waiting
    this.#waiting = []
    for (const payload of passed) this.#sink.send(payload)
    this.#release()
  }

  /** The subscription has ended: drops waiting payloads. */
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
