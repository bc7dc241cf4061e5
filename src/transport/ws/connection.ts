import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { CloseCode } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { Viewer } from '../../auth/viewer.ts'
import type { Deadlines } from '../../kernel/deadlines.ts'
import type { UserConnections } from '../../limits/user-connections.ts'
import type { Attendee } from '../../presence/attendee.ts'
import { Writer } from '../writer.ts'
import { PING, textFrame } from './frame.ts'
import type { Peer } from './heartbeat.ts'

/** The close codes beyond those of the protocol. */
export const CLOSE = {
  revoked: 4401,
  rateExceeded: 1008,
  /** Service restart: all that was here is to be had again, here or at another node. */
  restart: 1012,
  tryAgainLater: 1013,
  fault: 4500,
  tooSlow: 4901,
  tooManyConnections: 4903,
} as const

/** After this long without reading, a socket that could not keep up is destroyed. */
const TOO_SLOW_GRACE_MS = 5_000
/** Refusals for rate within a while, from which on nobody is listening. */
const RATE_LIMITED = { most: 100, withinMs: 10_000 } as const
/** RFC 6455 §5.5: a control frame carries 125 bytes, 2 of them the code. */
const MAX_REASON_BYTES = 123

export interface ConnectionOptions {
  readonly id: string
  readonly socket: WebSocket
  /** The TCP stream under `socket`: frames that many share are written to it directly. */
  readonly stream: Duplex
  /** Of the client's end. */
  readonly address: string
  readonly maxBufferBytes: number
  readonly deadlines: Deadlines
  readonly userConnections: UserConnections
  /** Its own, for as long as it is open. */
  readonly attendee: Attendee
  /** The server's: lines of this connection name it. */
  readonly log: Logger
}

/** One open WebSocket and who speaks through it. A class, and not closures: there are as many as clients. */
export class Connection implements Peer {
  readonly writer: Writer
  isAlive = true
  readonly #options: ConnectionOptions
  #log: Logger | undefined
  #viewer: Viewer | null = null
  #disarm: (() => void) | undefined
  #uncount: (() => void) | undefined
  /** Refused for rate, as many times as `#refused` since `#refusedSince`. */
  #refused = 0
  #refusedSince = Number.NEGATIVE_INFINITY
  #closedWith: number | undefined
  #isFinishing = false
  #owed: Set<Promise<unknown>> | undefined
  #gone: AbortController | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.writer = new Writer(options.stream, {
      maxBufferBytes: options.maxBufferBytes,
      onOverflow: () => this.#overflow(),
    })
  }

  get id(): string {
    return this.#options.id
  }

  get address(): string {
    return this.#options.address
  }

  /** Aborted when the socket is gone. */
  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    return this.#gone.signal
  }

  get attendee(): Attendee {
    return this.#options.attendee
  }

  get log(): Logger {
    // Most connections never have anything to say.
    this.#log ??= this.#options.log.child({ connectionId: this.id })
    return this.#log
  }

  /** Null: a visitor. */
  get viewer(): Viewer | null {
    return this.#viewer
  }

  /** The code that this side closed with, as far as it did: a client that is gone never confirms it. */
  get closedWith(): number | undefined {
    return this.#closedWith
  }

  /** Whether messages of this client are acted on: until it is being closed. */
  get isListening(): boolean {
    return !this.#isFinishing && this.#closedWith === undefined
  }

  /** Signs in or renews; from the token's expiry on, the connection is closed. */
  signIn(next: Viewer | null): void {
    const { attendee, userConnections, deadlines } = this.#options
    const isNew = this.#viewer === null
    this.#viewer = next
    this.#disarm?.()
    this.#disarm = undefined
    if (next === null) return
    attendee.signIn(next.user)
    if (isNew && !next.roles.has('SERVICE')) {
      this.#uncount = userConnections.add(next.user.id, () =>
        this.close(CLOSE.tooManyConnections, 'Too many connections of this user'),
      )
    }
    this.#disarm = deadlines.arm(next.expiresAt, () => this.close(CloseCode.Forbidden, 'Token expired'))
  }

  /** A mutation of it was refused for its rate: who does not wait is cut off. */
  onRateLimited(): void {
    const now = performance.now()
    if (now - this.#refusedSince > RATE_LIMITED.withinMs) {
      this.#refusedSince = now
      this.#refused = 0
    }
    this.#refused += 1
    if (this.#refused === RATE_LIMITED.most) this.close(CLOSE.rateExceeded, 'Too many refused mutations')
  }

  sendText(text: string): void {
    const { socket } = this.#options
    if (socket.readyState === socket.OPEN) this.writer.write(textFrame(text))
  }

  ping(): void {
    const { socket } = this.#options
    if (socket.readyState === socket.OPEN) this.writer.write(PING)
  }

  cut(): void {
    this.#options.socket.terminate()
  }

  /** Closes after what was queued. */
  close(code: number, reason: string): void {
    // The user was revoked.
    if (code === CLOSE.revoked) this.attendee.bar()
    this.writer.flush()
    // Nothing that comes later is for this client any more, however long it takes to close.
    this.writer.close()
    this.#closedWith ??= code
    this.#options.socket.close(code, shortened(reason))
    this.#disarm?.()
  }

  /** `answer`, which `finish` waits for. */
  owing<Answer>(answer: Promise<Answer>): Promise<Answer> {
    this.#owed ??= new Set()
    const owed = this.#owed.add(answer)
    const forgive = (): void => void owed.delete(answer)
    answer.then(forgive, forgive)
    return answer
  }

  /** Answers what is under way, takes nothing more, then closes. */
  async finish(code: number, reason: string): Promise<void> {
    this.#isFinishing = true
    await Promise.allSettled(this.#owed ?? [])
    // What is answered is sent in the same turn of the event loop.
    await setImmediate()
    this.close(code, reason)
  }

  /** Called when the socket is gone. */
  forget(): void {
    this.#gone?.abort()
    this.#disarm?.()
    this.#uncount?.()
    this.attendee.close()
    this.writer.close()
  }

  #overflow(): void {
    const { socket } = this.#options
    this.log.info('closed: the client does not read')
    this.#closedWith ??= CLOSE.tooSlow
    socket.close(CLOSE.tooSlow, 'Too slow')
    setTimeout(() => socket.terminate(), TOO_SLOW_GRACE_MS).unref()
  }
}

/** Cut between characters: one that is cut in half becomes a longer one, and `ws` throws at a reason too long. */
function shortened(reason: string): Buffer {
  const bytes = Buffer.alloc(MAX_REASON_BYTES)
  const { written } = new TextEncoder().encodeInto(reason, bytes)
  return bytes.subarray(0, written)
}
