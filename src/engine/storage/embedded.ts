import { join, resolve } from 'node:path'
import { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { makePrivateDirectory } from '../../platform/config/private-directory.ts'
import { lockDirectory } from './directory-lock.ts'

export type EmbeddedRequest =
  | { readonly kind: 'data'; readonly session: number; readonly chunk: Uint8Array }
  | { readonly kind: 'close' }

export type EmbeddedReply =
  | { readonly kind: 'open' }
  | { readonly kind: 'data'; readonly session: number; readonly chunk: Uint8Array }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'closed' }

/** PGlite in a worker thread, as a source of connections for the PostgreSQL driver. */
export interface Embedded {
  /** A connection. PGlite has one session: open the next only when the last is closed. */
  connect(): Duplex
  /** Writes everything out and ends the thread. */
  close(): Promise<void>
}

/**
 * Opens or creates the database in `directory`: about 4 s the first time, 0.4 s later. Survives a killed
 * process but not a power loss: PGlite doesn't wait for the disk. Throws if another process holds it. `onProblem` receives
 * the reason if the directory stays accessible to other users.
 */
export async function openEmbedded(
  directory: string,
  onProblem: (problem: string) => void = () => {},
): Promise<Embedded> {
  const files = join(resolve(directory), 'pglite')
  const closeToOthers = (path: string): void => {
    const problem = makePrivateDirectory(path)
    if (problem !== undefined) onProblem(problem)
  }
  closeToOthers(directory)
  // A mode of its own protects the files even if DATA_DIR has to stay accessible.
  closeToOthers(files)
  const release = lockDirectory(resolve(directory))
  const worker = new Worker(new URL('./embedded.worker.ts', import.meta.url), {
    workerData: { directory: files },
  })
  let connection: Connection | undefined
  let sessions = 0
  await new Promise<void>((resolveOpen, reject) => {
    worker.once('error', reject)
    worker.once('message', () => {
      worker.off('error', reject)
      resolveOpen()
    })
  }).catch((error: unknown) => {
    release()
    throw error
  })
  let closed: (() => void) | undefined
  worker.on('message', (reply: EmbeddedReply) => {
    if (reply.kind === 'data' && connection?.session === reply.session) connection.receive(reply.chunk)
    else if (reply.kind === 'fault') connection?.destroy(new Error(`embedded database: ${reply.message}`))
    else if (reply.kind === 'closed') closed?.()
  })
  worker.on('error', (error) => connection?.destroy(error))

  return {
    connect() {
      sessions += 1
      connection = new Connection(sessions, (request) => worker.postMessage(request))
      return connection
    },
    async close() {
      await new Promise<void>((resolveClosed) => {
        closed = resolveClosed
        worker.postMessage({ kind: 'close' } satisfies EmbeddedRequest)
      })
      await worker.terminate()
      release()
    },
  }
}

/** Acts as a socket towards the driver. */
class Connection extends Duplex {
  readonly session: number
  readonly #post: (request: EmbeddedRequest) => void

  constructor(session: number, post: (request: EmbeddedRequest) => void) {
    super()
    this.session = session
    this.#post = post
  }

  connect(): void {
    process.nextTick(() => this.emit('connect'))
  }

  receive(chunk: Uint8Array): void {
    this.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#forward(Uint8Array.from(chunk))
    done()
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.#forward(Uint8Array.from(Buffer.concat(chunks.map(({ chunk }) => chunk))))
    done()
  }

  override _final(done: () => void): void {
    this.push(null)
    done()
  }

  #forward(chunk: Uint8Array): void {
    this.#post({ kind: 'data', session: this.session, chunk })
  }

  // The driver sets these on a socket; a message channel has nothing to set.
  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}
}
