import type { Payload, Sink } from '../../engine/hub/delivery.ts'
import type { ClosableSink } from '../../engine/session/subscription.ts'
import type { OperationIdSlot, Writer } from '../writer.ts'
import { nextFrames } from './frame.ts'

/** Writes one operation's messages to its connection. */
export class OperationSink implements ClosableSink {
  readonly #writer: Writer
  readonly #idSlot: OperationIdSlot
  readonly end: Sink['end']
  #isClosed = false

  /** `idSlot`: `idSlotOf` the operation's id. */
  constructor(writer: Writer, idSlot: OperationIdSlot, end: Sink['end']) {
    this.#writer = writer
    this.#idSlot = idSlot
    this.end = end
  }

  send(payload: Payload): void {
    // The id may belong to another operation by now.
    if (!this.#isClosed) this.#writer.writeTemplate(nextFrames(payload, this.#idSlot.length), this.#idSlot)
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
