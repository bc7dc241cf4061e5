import type { Writable } from 'node:stream'
import { atEndOfTurn } from '../engine/kernel/end-of-tick.ts'

export interface WriterOptions {
  /** What may be queued in this process for one peer. */
  readonly maxBufferBytes: number
  /** The peer could not keep up. Called once; what was queued here is dropped, and nothing more is taken. */
  readonly onOverflow: () => void
}

/** What many peers get, but for a mark of their own at certain offsets. */
export interface FrameTemplate {
  /** Those at the offsets are whatever mark was there last. Replaced by a copy when a stream has kept them. */
  bytes: Buffer
  readonly offsets: readonly number[]
}

/** What is one peer's own. As text: small buffers would each hold the block that they were cut from. */
export interface OperationIdSlot {
  readonly text: string
  /** In bytes. */
  readonly length: number
}

const CONGESTED_BYTES = 64 * 1024
/** So much is not worth waiting for more; and who sends it in slices of time is to see what it costs. */
const AT_ONCE_BYTES = 8 * 1024

/**
 * Queues what goes to one peer; all that is queued within a turn of the event loop leaves in one write. A class, and not
 * closures: there is one for every connection.
 */
export class Writer {
  readonly #stream: Writable
  readonly #options: WriterOptions
  #chunks: Buffer[] | undefined
  /** Instead of the chunks, where this is all: most often it is, and then nothing is copied. */
  #template: FrameTemplate | undefined
  #idSlot: OperationIdSlot | undefined
  #pendingBytes = 0
  #isScheduled = false
  #isClosed = false
  #waiting: (() => void)[] | undefined

  constructor(stream: Writable, options: WriterOptions) {
    this.#stream = stream
    this.#options = options
    // Past the mark where a writer is congested, a stream always says when it has drained.
    stream.on('drain', () => this.#wake())
  }

  write(chunk: Buffer): void {
    if (this.#isClosed) return
    this.#queueTemplate()
    this.#push(chunk)
    this.#account(chunk.length)
  }

  /** `mark` is as long as the gaps of the template. */
  writeTemplate(template: FrameTemplate, idSlot: OperationIdSlot): void {
    if (this.#isClosed) return
    if (this.#pendingBytes === 0) {
      this.#template = template
      this.#idSlot = idSlot
    } else {
      this.#queueTemplate()
      this.#push(copyOf(template, idSlot))
    }
    this.#account(template.bytes.length)
  }

  /** Hands over what is queued now, before something is written past this writer. */
  flush(): void {
    if (this.#pendingBytes === 0 || this.#isClosed) return
    if (this.#template !== undefined && this.#idSlot !== undefined) {
      this.#writeThrough(this.#template, this.#idSlot)
      this.#template = undefined
    } else if (this.#chunks !== undefined) {
      const [first, second] = this.#chunks
      if (first !== undefined) {
        this.#stream.write(second === undefined ? first : Buffer.concat(this.#chunks, this.#pendingBytes))
      }
      this.#chunks = undefined
    }
    this.#pendingBytes = 0
    this.#wake()
  }

  get queuedBytes(): number {
    return this.#pendingBytes + this.#stream.writableLength
  }

  /** True while enough is queued that replay should pause and state be conflated. */
  isCongested(): boolean {
    return !this.#isClosed && this.queuedBytes > CONGESTED_BYTES
  }

  /** Resolves when no longer congested, or when the peer is gone. */
  drained(): Promise<void> {
    if (!this.isCongested()) return Promise.resolve()
    this.#waiting ??= []
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    return promise
  }

  /** The peer is gone. */
  close(): void {
    this.#isClosed = true
    this.#chunks = undefined
    this.#template = undefined
    this.#pendingBytes = 0
    this.#wake()
  }

  #wake(): void {
    if (this.#waiting === undefined || this.isCongested()) return
    const resumed = this.#waiting
    this.#waiting = undefined
    for (const resume of resumed) resume()
  }

  /** Lends the template to the stream, which gives it back at once where the system takes it all. */
  #writeThrough(template: FrameTemplate, idSlot: OperationIdSlot): void {
    const { bytes } = template
    imprint(template, idSlot)
    this.#stream.write(bytes)
    if (this.#stream.writableLength > 0) template.bytes = Buffer.from(bytes)
  }

  #push(chunk: Buffer): void {
    if (this.#chunks === undefined) this.#chunks = [chunk]
    else this.#chunks.push(chunk)
  }

  #queueTemplate(): void {
    if (this.#template !== undefined && this.#idSlot !== undefined)
      this.#push(copyOf(this.#template, this.#idSlot))
    this.#template = undefined
  }

  #account(length: number): void {
    const { maxBufferBytes, onOverflow } = this.#options
    this.#pendingBytes += length
    // What comes within one turn may be more than the budget, and nothing to a peer that reads: the system takes it.
    if (this.#pendingBytes >= AT_ONCE_BYTES || this.queuedBytes > maxBufferBytes) this.flush()
    if (this.queuedBytes > maxBufferBytes) {
      this.close()
      onOverflow()
    } else if (!this.#isScheduled && this.#pendingBytes > 0) {
      this.#isScheduled = true
      atEndOfTurn(this.#flushScheduled)
    }
  }

  readonly #flushScheduled = (): void => {
    this.#isScheduled = false
    this.flush()
  }
}

function imprint({ bytes, offsets }: FrameTemplate, idSlot: OperationIdSlot): void {
  for (const offset of offsets) bytes.write(idSlot.text, offset)
}

function copyOf(template: FrameTemplate, idSlot: OperationIdSlot): Buffer {
  imprint(template, idSlot)
  return Buffer.from(template.bytes)
}
