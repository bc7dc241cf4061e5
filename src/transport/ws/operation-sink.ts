import type { Payload, Sink } from '../../engine/hub/delivery.ts'
import type { ClosableSink } from '../../engine/session/subscription.ts'
import type { Mark, Writer } from '../writer.ts'
import { nextFrames } from './frame.ts'

/** One operation's messages on their way to its connection. */
export class OperationSink implements ClosableSink {
  readonly #writer: Writer
  readonly #mark: Mark
  readonly end: Sink['end']
  #isClosed = false

  /** `mark`: `markOf` the operation's id. */
  constructor(writer: Writer, mark: Mark, end: Sink['end']) {
    this.#writer = writer
    this.#mark = mark
    this.end = end
  }

  send(payload: Payload): void {
    // Its id may name another operation by now.
    if (!this.#isClosed) this.#writer.writeMarked(nextFrames(payload, this.#mark.length), this.#mark)
  }

  isCongested(): boolean {
    return this.#writer.isCongested()
  }

  drained(): Promise<void> {
    return this.#writer.drained()
  }

  close(): void {
    this.#isClosed = true
  }
}
