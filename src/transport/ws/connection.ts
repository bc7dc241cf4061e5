import type { Duplex } from 'node:stream'
import { CloseCode } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { Ending, EndingKind, Transport } from '../../engine/session/transport.ts'
import { Writer } from '../writer.ts'
import { CLOSE } from './close-codes.ts'
import { PING, textFrame } from './frame.ts'
import type { Peer } from './heartbeat.ts'

const CODE_OF: Readonly<Record<EndingKind, number>> = {
  expired: CloseCode.Forbidden,
  revoked: CLOSE.revoked,
  'too-many-connections': CLOSE.tooManyConnections,
  'too-many-refusals': CLOSE.tooManyRefusals,
  restart: CLOSE.restart,
}

/** How long a rejected or slow client may take to answer the close frame. */
const CLOSE_GRACE_MS = { refused: 2_000, tooSlow: 5_000 } as const
/** RFC 6455 §5.5: a control frame carries at most 125 bytes, 2 of them the code. */
const MAX_REASON_BYTES = 123

export interface ConnectionOptions {
  readonly id: string
  readonly socket: WebSocket
  /** The TCP stream under `socket`: shared frames are written to it directly. */
  readonly stream: Duplex
  readonly maxBufferBytes: number
  /** The server's logger; lines of this connection carry its id. */
  readonly log: Logger
  /** Called once when this side closes, to end everything that runs over the connection. */
  readonly onClosing: () => void
}

/** One open WebSocket: sends and closes. A class rather than closures, since there is one per client. */
export class Connection implements Peer, Transport {
  readonly writer: Writer
  isAlive = true
  readonly #options: ConnectionOptions
  /** The log scope of its messages. */
  readonly logScope: { readonly connectionId: string }
  #log: Logger | undefined
  #closedWith: number | undefined
  #grace: NodeJS.Timeout | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.logScope = { connectionId: options.id }
    this.writer = new Writer(options.stream, {
      maxBufferBytes: options.maxBufferBytes,
      onOverflow: () => this.#overflow(),
    })
  }

  get id(): string {
    return this.#options.id
  }

  get log(): Logger {
    // Created lazily: most connections never log anything.
    this.#log ??= this.#options.log.child({ connectionId: this.id })
    return this.#log
  }

  /** The close code sent by the server, if any: a vanished client never acknowledges it. */
  get closedWith(): number | undefined {
    return this.#closedWith
  }

  sendText(text: string): void {
    const { socket } = this.#options
    if (socket.readyState === socket.OPEN) this.writer.write(textFrame(text))
  }

  ping(): void {
    const { socket } = this.#options
    if (socket.readyState === socket.OPEN) this.writer.write(PING)
  }

  terminate(): void {
    this.#options.socket.terminate()
  }

  end({ kind, reason }: Ending): void {
    this.close(CODE_OF[kind], reason)
  }

  /** Closes after flushing the queue. */
  close(code: number, reason: string): void {
    if (this.#closedWith !== undefined) return
    this.#closedWith = code
    this.#options.onClosing()
    this.writer.flush()
    // Nothing more is sent to this client, however long closing takes.
    this.writer.close()
    this.#options.socket.close(code, shortened(reason))
    // A client that moves to another node may have much to read before the close frame.
    if (code !== CLOSE.restart) this.#terminateAfter(CLOSE_GRACE_MS.refused)
  }

  /** The client violated the protocol, and `ws` closes: it gets as long as a rejected one. */
  protocolBroken(): void {
    this.writer.close()
    this.#terminateAfter(CLOSE_GRACE_MS.refused)
  }

  /** The socket is closed. */
  closed(): void {
    clearTimeout(this.#grace)
    this.writer.close()
  }

  #overflow(): void {
    const { socket, onClosing } = this.#options
    if (this.#closedWith !== undefined) return
    this.log.info('closed: the client does not read')
    this.#closedWith = CLOSE.tooSlow
    onClosing()
    socket.close(CLOSE.tooSlow, 'Too slow')
    this.#terminateAfter(CLOSE_GRACE_MS.tooSlow)
  }

  #terminateAfter(graceMs: number): void {
    clearTimeout(this.#grace)
    this.#grace = setTimeout(() => this.terminate(), graceMs)
    this.#grace.unref()
  }
}

/**
 * Truncates between characters: half a character would become a longer one, and `ws` throws if a reason is too long.
 */
function shortened(reason: string): Buffer {
  const bytes = Buffer.alloc(MAX_REASON_BYTES)
  const { written } = new TextEncoder().encodeInto(reason, bytes)
  return bytes.subarray(0, written)
}
