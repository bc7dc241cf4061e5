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

/** A client that was refused, or could not keep up, has this long to answer the close frame. */
const CLOSE_GRACE_MS = { refused: 2_000, tooSlow: 5_000 } as const
/** RFC 6455 §5.5: a control frame carries 125 bytes, 2 of them the code. */
const MAX_REASON_BYTES = 123

export interface ConnectionOptions {
  readonly id: string
  readonly socket: WebSocket
  /** The TCP stream under `socket`: frames that many share are written to it directly. */
  readonly stream: Duplex
  readonly maxBufferBytes: number
  /** The server's: lines of this connection name it. */
  readonly log: Logger
  /** This side closes: everything that runs over the connection ends. Called once. */
  readonly onClosing: () => void
}

/** One open WebSocket: sends and closes. A class, and not closures: there are as many as clients. */
export class Connection implements Peer, Transport {
  readonly writer: Writer
  isAlive = true
  readonly #options: ConnectionOptions
  /** What the log lines of its messages name. */
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
    // Most connections never have anything to say.
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

  /** Closes after what was queued. */
  close(code: number, reason: string): void {
    if (this.#closedWith !== undefined) return
    this.#closedWith = code
    this.#options.onClosing()
    this.writer.flush()
    // Nothing that comes later is for this client any more, however long it takes to close.
    this.writer.close()
    this.#options.socket.close(code, shortened(reason))
    // A client that leaves for another node may have much to read before the close frame.
    if (code !== CLOSE.restart) this.#terminateAfter(CLOSE_GRACE_MS.refused)
  }

  /** The client broke the protocol, and `ws` closes: the client has as long as a refused one. */
  protocolBroken(): void {
    this.writer.close()
    this.#terminateAfter(CLOSE_GRACE_MS.refused)
  }

  /** The socket is gone. */
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

/** Truncated between characters: half a character would become a longer one, and `ws` throws at a reason too long. */
function shortened(reason: string): Buffer {
  const bytes = Buffer.alloc(MAX_REASON_BYTES)
  const { written } = new TextEncoder().encodeInto(reason, bytes)
  return bytes.subarray(0, written)
}
