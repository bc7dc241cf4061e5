import type { Writable } from 'node:stream'

export interface WriterOptions {
  /** What may be queued in this process for one peer. */
  readonly maxBufferBytes: number
  /** The peer could not keep up. Called once; what was queued here is dropped, and nothing more is taken. */
  readonly onOverflow: () => void
}

/** Queues what goes to one peer; all that is queued within a turn of the event loop leaves in one write. */
export interface Writer {
  write(chunk: Buffer): void
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

let dirty: (() => void)[] = []

function flushAll(): void {
  const due = dirty
  dirty = []
  for (const flush of due) flush()
}

/** One timer a turn for all writers that have something to write. */
function scheduleFlush(flush: () => void): void {
  if (dirty.length === 0) setImmediate(flushAll)
  dirty.push(flush)
}

export function createWriter(stream: Writable, options: WriterOptions): Writer {
  let chunks: Buffer[] = []
  let pendingBytes = 0
  let isScheduled = false
  let isClosed = false
  let waiting: (() => void)[] = []

  const queuedBytes = (): number => pendingBytes + stream.writableLength
  const isCongested = (): boolean => !isClosed && queuedBytes() > CONGESTED_BYTES

  function wake(): void {
    if (isCongested()) return
    const resumed = waiting
    waiting = []
    for (const resume of resumed) resume()
  }

  function flush(): void {
    const [first] = chunks
    if (first === undefined || isClosed) return
    const whole = chunks.length === 1 ? first : Buffer.concat(chunks, pendingBytes)
    chunks = []
    pendingBytes = 0
    stream.write(whole, wake)
  }

  function close(): void {
    isClosed = true
    chunks = []
    pendingBytes = 0
    wake()
  }

  return {
    write(chunk) {
      if (isClosed) return
      chunks.push(chunk)
      pendingBytes += chunk.length
      // What comes within one turn may be more than the budget, and nothing to a peer that reads: the system takes it.
      if (queuedBytes() > options.maxBufferBytes) flush()
      if (queuedBytes() > options.maxBufferBytes) {
        close()
        options.onOverflow()
      } else if (!isScheduled) {
        isScheduled = true
        scheduleFlush(() => {
          isScheduled = false
          flush()
        })
      }
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
