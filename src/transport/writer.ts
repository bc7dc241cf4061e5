import type { Writable } from 'node:stream'
import { atEndOfTurn } from '../engine/kernel/end-of-tick.ts'

export interface WriterOptions {
  /** Limit on bytes queued in this process for one peer. */
  readonly maxBufferBytes: number
  /** Called once if the peer cannot keep up: queued bytes are dropped, and nothing more is accepted. */
  readonly onOverflow: () => void
}

/** A frame shared by many peers that differs only in the operation id at certain offsets. */
export interface FrameTemplate {
  /** The bytes at the offsets are those of the last id written. Replaced by a copy when a stream has kept them. */
  bytes: Buffer
  readonly offsets: readonly number[]
}

/**
 * The operation id to write into a template. As text: small buffers would each retain the block they were allocated
 * from.
 */
export interface OperationIdSlot {
  readonly text: string
  /** In bytes. */
  readonly length: number
}

const CONGESTED_BYTES = 64 * 1024
/**
 * Flush immediately from this size: more batching gains nothing, and a sender that works in time slices must see the
 * cost.
 */
const AT_ONCE_BYTES = 8 * 1024

/**
 * Queues output to one peer; everything queued within one tick of the event loop leaves in one write. A class rather
 * than closures, since every connection has one.
 */
export class Writer {
  readonly #stream: Writable
  readonly #options: WriterOptions
  #chunks: Buffer[] | undefined
  /** Set instead of `#chunks` if it is the only output of the tick: the common case, which copies nothing. */
  #template: FrameTemplate | undefined
  #idSlot: OperationIdSlot | undefined
  #pendingBytes = 0
  #isScheduled = false
  #isClosed = false
  #waiting: (() => void)[] | undefined

  constructor(stream: Writable, options: WriterOptions) {
    this.#stream = stream
    this.#options = options
    // A stream beyond the congestion threshold always emits `drain`.
    stream.on('drain', () => this.#wake())
  }

  write(chunk: Buffer): void {
    if (this.#isClosed) return
    this.#queueTemplate()
    this.#push(chunk)
    this.#account(chunk.length)
  }

  /** `idSlot` is exactly as long as the gaps of the template. */
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

  /** Writes what is queued, before something bypasses this writer. */
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

  /** True while so much is queued that replay should pause and state should be conflated. */
  isCongested(): boolean {
    return !this.#isClosed && this.queuedBytes > CONGESTED_BYTES
  }

  /** Resolves when no longer congested, or when closed. */
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

  /** Writes the template itself: the stream is done with it at once if the kernel accepts all of it. */
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
    // One tick may queue more than the budget, yet a peer that reads is fine: try to hand it to the kernel first.
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
