import type { Duplex } from 'node:stream'
import { CloseCode } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { Viewer } from '../../auth/viewer.ts'
import type { Deadlines } from '../../kernel/deadlines.ts'
import { createWriter, type Writer } from '../writer.ts'
import { textFrame } from './frame.ts'

/** The close codes beyond those of the protocol. */
export const CLOSE = {
  draining: 1012,
  tryAgainLater: 1013,
  fault: 4500,
  tooSlow: 4901,
} as const

/** After this long without reading, a socket that could not keep up is destroyed. */
const TOO_SLOW_GRACE_MS = 5_000
/** RFC 6455 §5.5: a control frame carries 125 bytes, 2 of them the code. */
const MAX_REASON_BYTES = 123

export interface ConnectionOptions {
  readonly id: string
  readonly socket: WebSocket
  /** The TCP stream under `socket`: frames that many share are written to it directly. */
  readonly stream: Duplex
  readonly maxBufferBytes: number
  readonly deadlines: Deadlines
  readonly log: Logger
}

/** One open WebSocket and who speaks through it. */
export interface Connection {
  readonly id: string
  readonly log: Logger
  /** Null: a visitor. */
  readonly viewer: Viewer | null
  readonly writer: Writer
  /** Signs in or renews; from the token's expiry on, the connection is closed. */
  signIn(viewer: Viewer | null): void
  sendText(text: string): void
  /** Closes after what was queued. */
  close(code: number, reason: string): void
  /** Called when the socket is gone. */
  forget(): void
}

export function createConnection(options: ConnectionOptions): Connection {
  const { socket, stream, deadlines, log } = options
  let viewer: Viewer | null = null
  let disarm: () => void = () => {}

  const writer = createWriter(stream, {
    maxBufferBytes: options.maxBufferBytes,
    onOverflow() {
      log.warn('closed: the client does not read')
      socket.close(CLOSE.tooSlow, 'Too slow')
      setTimeout(() => socket.terminate(), TOO_SLOW_GRACE_MS).unref()
    },
  })

  const connection: Connection = {
    id: options.id,
    log,
    get viewer() {
      return viewer
    },
    writer,
    signIn(next) {
      viewer = next
      disarm()
      disarm =
        next === null
          ? () => {}
          : deadlines.arm(next.expiresAt, () => connection.close(CloseCode.Forbidden, 'Token expired'))
    },
    sendText(text) {
      if (socket.readyState === socket.OPEN) writer.write(textFrame(text))
    },
    close(code, reason) {
      writer.flush()
      // Nothing that comes later is for this client any more, however long it takes to close.
      writer.close()
      socket.close(code, shortened(reason))
      disarm()
    },
    forget() {
      disarm()
      writer.close()
    },
  }
  return connection
}

/** Cut between characters: one that is cut in half becomes a longer one, and `ws` throws at a reason too long. */
function shortened(reason: string): Buffer {
  const bytes = Buffer.alloc(MAX_REASON_BYTES)
  const { written } = new TextEncoder().encodeInto(reason, bytes)
  return bytes.subarray(0, written)
}
