import type { Writable } from 'node:stream'
import { atEndOfTurn } from '../kernel/end-of-turn.ts'

export interface WriterOptions {
  /** What may be queued in this process for one peer. */
  readonly maxBufferBytes: number
  /** The peer could not keep up. Called once; what was queued here is dropped, and nothing more is taken. */
  readonly onOverflow: () => void
}

/** What many peers get, but for a mark of their own at certain places. */
export interface Stencil {
  /** Those at the places are whatever mark was there last. Replaced by a copy when a stream has kept them. */
  bytes: Buffer
  readonly places: readonly number[]
}

/** Queues what goes to one peer; all that is queued within a turn of the event loop leaves in one write. */
export interface Writer {
  write(chunk: Buffer): void
  /** `mark` is as long as the gaps of the stencil. */
  writeMarked(stencil: Stencil, mark: Buffer): void
  /** Hands over what is queued now, before something is written past this writer. */
  flush(): void
  readonly queuedBytes: number
  /** True while enough is queued that replay should pause and state be conflated. */
  isCongested(): boolean
  /** Resolves when no longer congested, or when the peer is gone. */
  drained(): Promise<void>
  /** The peer is gone. */
  close(): void
}

const CONGESTED_BYTES = 64 * 1024

export function createWriter(stream: Writable, options: WriterOptions): Writer {
  let chunks: Buffer[] = []
  /** Instead of `chunks`, where this is all: most often it is, and then nothing is copied. */
  let marked: { readonly stencil: Stencil; readonly mark: Buffer } | undefined
  let pendingBytes = 0
  let isScheduled = false
  let isClosed = false
  let waiting: (() => void)[] = []

  const queuedBytes = (): number => pendingBytes + stream.writableLength
  const isCongested = (): boolean => !isClosed && queuedBytes() > CONGESTED_BYTES

  function wake(): void {
    if (waiting.length === 0 || isCongested()) return
    const resumed = waiting
    waiting = []
    for (const resume of resumed) resume()
  }

  function flush(): void {
    if (pendingBytes === 0 || isClosed) return
    if (marked !== undefined) {
      writeThrough(marked.stencil, marked.mark)
      marked = undefined
    } else {
      const [first] = chunks
      if (first !== undefined) stream.write(chunks.length === 1 ? first : Buffer.concat(chunks, pendingBytes))
      chunks = []
    }
    pendingBytes = 0
    wake()
  }

  /** Lends the stencil to the stream, which gives it back at once where the system takes it all. */
  function writeThrough(stencil: Stencil, mark: Buffer): void {
    const { bytes } = stencil
    imprint(stencil, mark)
    stream.write(bytes)
    if (stream.writableLength > 0) stencil.bytes = Buffer.from(bytes)
  }

  function account(length: number): void {
    pendingBytes += length
    // What comes within one turn may be more than the budget, and nothing to a peer that reads: the system takes it.
    if (queuedBytes() > options.maxBufferBytes) flush()
    if (queuedBytes() > options.maxBufferBytes) {
      close()
      options.onOverflow()
    } else if (!isScheduled) {
      isScheduled = true
      atEndOfTurn(flushScheduled)
    }
  }

  function flushScheduled(): void {
    isScheduled = false
    flush()
  }

  function queueMarked(): void {
    if (marked !== undefined) chunks.push(copyOf(marked.stencil, marked.mark))
    marked = undefined
  }

  function close(): void {
    isClosed = true
    chunks = []
    marked = undefined
    pendingBytes = 0
    wake()
  }

  // Past the mark where a writer is congested, a stream always says when it has drained.
  stream.on('drain', wake)

  return {
    write(chunk) {
      if (isClosed) return
      queueMarked()
      chunks.push(chunk)
      account(chunk.length)
    },
    writeMarked(stencil, mark) {
      if (isClosed) return
      if (pendingBytes === 0) marked = { stencil, mark }
      else {
        queueMarked()
        chunks.push(copyOf(stencil, mark))
      }
      account(stencil.bytes.length)
    },
    flush,
    get queuedBytes() {
      return queuedBytes()
    },
    isCongested,
    drained: () => (isCongested() ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    close,
  }
}

function imprint({ bytes, places }: Stencil, mark: Buffer): void {
  for (const place of places) bytes.set(mark, place)
}

function copyOf(stencil: Stencil, mark: Buffer): Buffer {
  imprint(stencil, mark)
  return Buffer.from(stencil.bytes)
}
